# SPDX-License-Identifier: Apache-2.0
# The library as it is installed: libquell.so with a versioned name and nothing but quell_ in it, libquell.a with the
# same names, pkg-config and CMake descriptions.
add_library(quell_shared SHARED $<TARGET_OBJECTS:quell> $<TARGET_OBJECTS:quell_engine>)
target_link_libraries(quell_shared PRIVATE quell_deps m Threads::Threads)
set_target_properties(quell_shared PROPERTIES OUTPUT_NAME quell VERSION ${PROJECT_VERSION} SOVERSION 0
                      LINKER_LANGUAGE C LINK_DEPENDS ${CMAKE_SOURCE_DIR}/packaging/quell.map)
target_link_options(quell_shared PRIVATE -Wl,--version-script=${CMAKE_SOURCE_DIR}/packaging/quell.map
                                         -Wl,--no-undefined -Wl,--as-needed)
if(CMAKE_C_FLAGS MATCHES "-fsanitize")
  target_link_options(quell_shared PRIVATE -Wl,-z,undefs) # the sanitizer is found at run time
endif()

# Signatures and manuals of the R and Python packages; `bindings` writes them into bindings/.
add_executable(quell_bindgen tools/bindgen.c)
target_link_libraries(quell_bindgen PRIVATE quell)
set_target_properties(quell_bindgen PROPERTIES OUTPUT_NAME bindgen)
add_custom_target(bindings COMMAND ${CMAKE_SOURCE_DIR}/tools/update_bindings $<TARGET_FILE:quell_bindgen> ${CMAKE_SOURCE_DIR}
                  DEPENDS quell_bindgen VERBATIM)

# One object whose hidden names have become local, so that a program that links it statically sees quell_ alone.
set(static_library ${CMAKE_BINARY_DIR}/lib/libquell.a)
add_custom_command(OUTPUT ${static_library}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/lib
  COMMAND ${CMAKE_COMMAND} -E rm -f ${static_library}
  COMMAND ${CMAKE_C_COMPILER} -r -nostdlib -o ${CMAKE_BINARY_DIR}/lib/quell.o -Wl,--whole-archive $<TARGET_FILE:quell>
          $<TARGET_FILE:quell_engine> -Wl,--no-whole-archive
  COMMAND ${CMAKE_OBJCOPY} --wildcard --keep-global-symbol=quell_* ${CMAKE_BINARY_DIR}/lib/quell.o
  COMMAND ${CMAKE_AR} rcs ${static_library} ${CMAKE_BINARY_DIR}/lib/quell.o
  DEPENDS quell quell_engine VERBATIM)
add_custom_target(quell_static ALL DEPENDS ${static_library})

# What a program that links libquell.a needs besides.
set(QUELL_STATIC_LIBS)
get_target_property(deps quell_deps INTERFACE_LINK_LIBRARIES)
foreach(dep ${deps})
  if(dep MATCHES "^PkgConfig::(.+)$")
    foreach(library ${${CMAKE_MATCH_1}_LIBRARIES})
      string(APPEND QUELL_STATIC_LIBS " -l${library}")
    endforeach()
  elseif(dep MATCHES "/lib([^/]+)\\.(so|a)$")
    string(APPEND QUELL_STATIC_LIBS " -l${CMAKE_MATCH_1}")
  elseif(NOT dep MATCHES "::")
    string(APPEND QUELL_STATIC_LIBS " -l${dep}")
  endif()
endforeach()
string(APPEND QUELL_STATIC_LIBS " -lpthread -lm")

# From <prefix>/lib/pkgconfig, or lib/<machine>/pkgconfig, up to the prefix.
string(REGEX REPLACE "[^/]+" ".." QUELL_PC_UP "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

# Manual pages and completions, from the option tables of the program.
set(pages ${CMAKE_BINARY_DIR}/pages)
add_custom_command(OUTPUT ${pages}/man1/quell.1 COMMAND quell_cli _pages ${pages} DEPENDS quell_cli VERBATIM)
add_custom_target(quell_pages ALL DEPENDS ${pages}/man1/quell.1)
# What `make install` needs, and no more.
add_custom_target(installed DEPENDS quell_cli quell_shared quell_static quell_pages)

include(CMakePackageConfigHelpers)
configure_file(packaging/quell.pc.in ${CMAKE_BINARY_DIR}/quell.pc @ONLY)
configure_package_config_file(packaging/quell-config.cmake.in ${CMAKE_BINARY_DIR}/quell-config.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/quell)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/quell-config-version.cmake COMPATIBILITY SameMinorVersion)

install(TARGETS quell_cli RUNTIME)
install(TARGETS quell_shared LIBRARY NAMELINK_COMPONENT Unspecified)
install(FILES ${static_library} DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES include/quell.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${CMAKE_BINARY_DIR}/quell.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${CMAKE_BINARY_DIR}/quell-config.cmake ${CMAKE_BINARY_DIR}/quell-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/quell)
if(NOT QUELL_DEB)
  install(DIRECTORY ${pages}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
endif()
install(FILES ${pages}/bash/quell DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${pages}/zsh/_quell DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${pages}/fish/quell.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(DIRECTORY models library evidence DESTINATION ${CMAKE_INSTALL_DATADIR}/quell)
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR} PATTERN __pycache__ EXCLUDE)
install(DIRECTORY bindings/python/quell DESTINATION lib/python3/dist-packages COMPONENT python PATTERN __pycache__ EXCLUDE)
if(NOT QUELL_DEB)
  install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR}) # a package has `copyright` instead
endif()
include(cmake/deb.cmake)
