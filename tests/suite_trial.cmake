# SPDX-License-Identifier: Apache-2.0
# Data sets of a trial, read by R.
if(Python3_FOUND)
  add_test(NAME adam_in_r COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/adam/run.py $<TARGET_FILE:quell_cli>)
  set_tests_properties(adam_in_r PROPERTIES SKIP_RETURN_CODE 77)
endif()
