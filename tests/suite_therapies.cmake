# SPDX-License-Identifier: Apache-2.0
# The review, mapped: the page is current, its commands run, its tests exist.
if(Python3_FOUND)
  add_test(NAME review COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/check_review.py $<TARGET_FILE:quell_cli> ${CMAKE_SOURCE_DIR})
endif()
