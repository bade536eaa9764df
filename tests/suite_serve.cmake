# SPDX-License-Identifier: Apache-2.0
# The page and its API.
if(Python3_FOUND AND MICROHTTPD_LIBRARY AND QUELL_SERVE)
  add_test(NAME serve_api COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/serve/check_api.py
           $<TARGET_FILE:quell_cli> ${CMAKE_SOURCE_DIR})
  add_test(NAME serve_store COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/serve/check_api.py
           $<TARGET_FILE:quell_cli> ${CMAKE_SOURCE_DIR} store)
  add_test(NAME serve_openapi COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/serve/check_openapi.py
           $<TARGET_FILE:quell_cli> ${CMAKE_SOURCE_DIR})
  set_tests_properties(serve_api serve_store serve_openapi PROPERTIES TIMEOUT 300)
  set_tests_properties(serve_openapi PROPERTIES SKIP_RETURN_CODE 77)
endif()
# The page inside the program is what web/ builds, byte for byte.
add_test(NAME page_is_fresh COMMAND ${CMAKE_SOURCE_DIR}/tools/build_page --check)
set_tests_properties(page_is_fresh PROPERTIES SKIP_RETURN_CODE 77)

# The page in a browser; skipped without Chromium or web/node_modules (make check installs both).
find_program(NODE node)
if(NODE AND MICROHTTPD_LIBRARY AND QUELL_SERVE)
  add_test(NAME page_in_browser COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/browser/run.sh $<TARGET_FILE:quell_cli>)
  set_tests_properties(page_in_browser PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 900)
endif()
