# SPDX-License-Identifier: Apache-2.0
# Stores: killed runs, faults of disks, tables, many ranks. tests/store/kill.py QUELL 100 is the long form of the first.
if(Python3_FOUND)
  set(store ${CMAKE_CURRENT_SOURCE_DIR}/store)
  add_library(enospc MODULE ${store}/enospc.c)
  add_test(NAME store_kill COMMAND ${Python3_EXECUTABLE} ${store}/kill.py $<TARGET_FILE:quell_cli> 4)
  add_test(NAME store_faults COMMAND ${Python3_EXECUTABLE} ${store}/faults.py $<TARGET_FILE:quell_cli> $<TARGET_FILE:enospc>)
  set_tests_properties(store_faults PROPERTIES ENVIRONMENT
    "QUELL_TEST_REGIMEN=${CMAKE_SOURCE_DIR}/library/regimens/ven-obi.yaml")
  add_test(NAME store_tables COMMAND ${Python3_EXECUTABLE} ${store}/tables.py $<TARGET_FILE:quell_cli>)
  add_test(NAME store_ranks COMMAND ${Python3_EXECUTABLE} ${store}/ranks.py $<TARGET_FILE:quell_cli>)
  add_test(NAME store_slurm COMMAND ${Python3_EXECUTABLE} ${store}/slurm.py $<TARGET_FILE:quell_cli> ${CMAKE_SOURCE_DIR}/examples/slurm)
  set_tests_properties(store_ranks store_slurm PROPERTIES SKIP_RETURN_CODE 77)
endif()
