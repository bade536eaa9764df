# SPDX-License-Identifier: Apache-2.0
# Exams that were not written for this project. They lie beside the checkout; without them these tests are left out.
set(QUELL_EXAMS ${CMAKE_SOURCE_DIR}/../shared/exams)
find_program(PYTHON3 python3)
if(PYTHON3)
  add_test(NAME random_data_sets
           COMMAND ${PYTHON3} ${CMAKE_SOURCE_DIR}/tests/exams/random_data_sets.py $<TARGET_FILE:quell_cli> 1 300)
endif()
if(NOT PYTHON3 OR NOT EXISTS ${QUELL_EXAMS}/nonmem)
  message(STATUS "no exams beside this checkout (../shared/exams): NONMEM and SBML exams are left out")
else()
  add_test(NAME exam_nonmem
           COMMAND ${PYTHON3} ${QUELL_EXAMS}/score_nonmem.py --suite ${QUELL_EXAMS}/nonmem --all-records --run
                   "$<TARGET_FILE:quell_cli> simulate --model tests/exams/{exam}.qm --data {data} --out {csv}"
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  if(SBML_LIBRARY)
    add_test(NAME exam_sbml
             COMMAND ${PYTHON3} ${QUELL_EXAMS}/score_sbml.py ${QUELL_EXAMS}/sbml --limit 20 --run
                     "$<TARGET_FILE:quell_cli> sbml run {xml} --settings {settings} --out {csv}"
             WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  endif()
endif()
