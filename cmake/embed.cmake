# SPDX-License-Identifier: Apache-2.0
# cmake -DOUT=FILE.c -DFILES=NAME=PATH,... -P embed.cmake: texts as arrays of bytes, `const char ql_text_NAME[]`.
set(c "/* Texts kept in the program; made by cmake/embed.cmake, do not edit. */\n")
string(REPLACE "," ";" FILES "${FILES}")
foreach(entry ${FILES})
  string(REGEX MATCH "^([^=]+)=(.+)$" ignored "${entry}")
  set(name ${CMAKE_MATCH_1})
  file(READ ${CMAKE_MATCH_2} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," hex "${hex}")
  string(APPEND c "extern const char ql_text_${name}[];\nconst char ql_text_${name}[] = {${hex}0};\n")
endforeach()
file(WRITE ${OUT} "${c}")
