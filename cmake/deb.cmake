# SPDX-License-Identifier: Apache-2.0
# One Debian package by CPack: `make deb`. Python's package comes along, since it needs nothing but the library; R's is
# built from source (bindings/r).
option(QUELL_DEB "lay files out as a Debian package wants them" OFF)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME quell)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "quell maintainers <maintainers@quell.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "virtual trials of immunotherapy in chronic lymphocytic leukaemia")
set(CPACK_PACKAGE_DESCRIPTION
"quell simulates chronic lymphocytic leukaemia under immunotherapy in virtual
patients, compares regimens, and sets every simulated figure beside what
trials have published. With the program come a C library, a Python package,
models, a library of regimens and the evidence base. Research use only.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "python3, python3-numpy")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "python3-pandas, r-base-core, pkg-config")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/packaging/triggers)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
                                                WORLD_READ WORLD_EXECUTE)
if(QUELL_DEB)
  find_program(GZIP gzip REQUIRED)
  set(doc ${CMAKE_BINARY_DIR}/deb-doc)
  file(MAKE_DIRECTORY ${doc})
  add_custom_command(OUTPUT ${doc}/changelog.gz
    COMMAND sh -c "${GZIP} -9nc '${CMAKE_SOURCE_DIR}/packaging/changelog' > '${doc}/changelog.gz'"
    DEPENDS ${CMAKE_SOURCE_DIR}/packaging/changelog VERBATIM)
  add_custom_command(OUTPUT ${doc}/man.stamp
    COMMAND sh -c "rm -rf '${doc}/man1' && cp -r '${pages}/man1' '${doc}/' && ${GZIP} -9n '${doc}'/man1/*.1 && touch '${doc}/man.stamp'"
    DEPENDS ${pages}/man1/quell.1 VERBATIM)
  add_custom_target(deb_doc DEPENDS ${doc}/changelog.gz ${doc}/man.stamp)
  add_dependencies(installed deb_doc)
  install(FILES ${doc}/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR})
  install(DIRECTORY ${doc}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
  install(FILES packaging/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
  install(FILES packaging/lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME quell)
endif()
include(CPack)
