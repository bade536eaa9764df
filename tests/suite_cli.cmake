# SPDX-License-Identifier: Apache-2.0
# Transcripts of the command line: tests/cli/*.cli.
if(Python3_FOUND)
  file(GLOB TRANSCRIPTS CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/cli/*.cli)
  foreach(transcript ${TRANSCRIPTS})
    get_filename_component(name ${transcript} NAME_WE)
    add_test(NAME cli_${name}
      COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/cli/run.py $<TARGET_FILE:quell_cli> ${transcript})
  endforeach()
else()
  message(STATUS "python3 not found: command-line transcripts are not tested (make check installs it)")
endif()
