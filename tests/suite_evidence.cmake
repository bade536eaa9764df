# SPDX-License-Identifier: Apache-2.0
# Published syntheses with reference output, where they lie beside the checkout.
set(NMA_EXAM ${CMAKE_SOURCE_DIR}/../shared/exams)
if(EXISTS ${NMA_EXAM}/score_nma.py AND Python3_FOUND)
  add_test(NAME exam_nma_contrasts
    COMMAND ${Python3_EXECUTABLE} ${NMA_EXAM}/score_nma.py --ref ${NMA_EXAM}/nma --run
      "$<TARGET_FILE:quell_cli> nma {contrasts} --reference {reference} --method {method} --model {model} --small-values {small_values} --out {json}")
  add_test(NAME exam_nma_arms
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/exams/nma_arms.py $<TARGET_FILE:quell_cli> ${NMA_EXAM})
else()
  message(STATUS "no evidence syntheses in ../shared/exams: the network meta-analysis exam is skipped")
endif()
