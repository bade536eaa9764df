# SPDX-License-Identifier: Apache-2.0
# What is generated in bindings/ has not drifted from the library's tables; the packages against this build.
add_test(NAME bindings_drift COMMAND ${CMAKE_SOURCE_DIR}/tools/update_bindings $<TARGET_FILE:quell_bindgen> ${CMAKE_SOURCE_DIR} check)
add_test(NAME options_drift COMMAND ${CMAKE_SOURCE_DIR}/tools/check_options $<TARGET_FILE:quell_cli> $<TARGET_FILE:quell_bindgen>
         ${CMAKE_SOURCE_DIR}/tools/cli_only.txt)
add_test(NAME examples_compile COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/examples_compile.sh ${CMAKE_BINARY_DIR})
add_test(NAME bindings_python COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/bindings_python.sh ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
add_test(NAME bindings_r COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/bindings_r.sh ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
add_test(NAME bindings_same_bytes COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/bindings/same_bytes.sh ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
set_tests_properties(bindings_python bindings_r bindings_same_bytes PROPERTIES SKIP_RETURN_CODE 77)
