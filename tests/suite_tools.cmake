# SPDX-License-Identifier: Apache-2.0
# The house rules that a script can check, and a proof that the scripts can fail.
if(Python3_FOUND)
  add_test(NAME layers COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/check_layers ${CMAKE_SOURCE_DIR})
  add_test(NAME sizes COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/check_sizes ${CMAKE_SOURCE_DIR})
  add_test(NAME symbols COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/check_symbols
           ${CMAKE_SOURCE_DIR}/include/quell.h $<TARGET_FILE:quell> $<TARGET_FILE:quell_engine>)
  add_test(NAME model_error COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/model_error.py)
  add_test(NAME tools_can_fail COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tools_can_fail.sh ${CMAKE_SOURCE_DIR}/tools)
  add_test(NAME install_works COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/install_works.sh ${CMAKE_BINARY_DIR})
  add_library(fail_alloc MODULE ${CMAKE_CURRENT_SOURCE_DIR}/fault/fail_alloc.c)
  if(NOT CMAKE_C_FLAGS MATCHES "-fsanitize")
    add_test(NAME fault_alloc COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/fault/fault_alloc.py
             $<TARGET_FILE:quell_cli> $<TARGET_FILE:fail_alloc>)
  endif()
endif()
