# SPDX-License-Identifier: Apache-2.0
# Colours of editors on every shipped model.
file(GLOB SHIPPED_MODELS CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/models/cll/*.qm ${CMAKE_SOURCE_DIR}/library/models/*.qm)
if(Python3_FOUND)
  add_test(NAME editor_textmate COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/editor/check_grammar.py
           ${CMAKE_SOURCE_DIR}/tools/editor/vscode/syntaxes/qm.tmLanguage.json ${SHIPPED_MODELS})
endif()
add_test(NAME editor_vim COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/editor/check_vim.sh ${CMAKE_SOURCE_DIR}/tools/editor/vim
         ${SHIPPED_MODELS})
set_tests_properties(editor_vim PROPERTIES SKIP_RETURN_CODE 77)
# Every block of the page on the language is run.
if(Python3_FOUND)
  add_test(NAME docs_language COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/docs_snippets.py
           $<TARGET_FILE:quell_cli> ${CMAKE_SOURCE_DIR}/docs/language.md)
endif()
if(Python3_FOUND)
  add_test(NAME model_pages COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/model_pages.py $<TARGET_FILE:quell_cli>)
  add_test(NAME model_pages_rxode2 COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/model_pages.py
           $<TARGET_FILE:quell_cli> ${CMAKE_SOURCE_DIR}/library/models/glucose-dalla-man.qm)
endif()
