# SPDX-License-Identifier: Apache-2.0
# tests/fuzz/fuzz_<reader>.c: libFuzzer targets, built by `make fuzz` (preset fuzz, clang). Seeds: tests/fuzz/<reader>/.
option(QUELL_FUZZ "build the fuzz targets (needs clang)" OFF)
if(QUELL_FUZZ)
  file(GLOB FUZZERS CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/fuzz_*.c)
  add_custom_target(fuzzers)
  foreach(source ${FUZZERS})
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} EXCLUDE_FROM_ALL ${source})
    target_link_libraries(${name} PRIVATE quell)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzzers ${name})
  endforeach()
endif()
