# SPDX-License-Identifier: Apache-2.0
# Kernels of the shipped model: the generator reads models/cll/cll.qm at build time and writes one C file per kernel
# set, instruction set and width; the program chooses at run time. Files whose text does not change are not compiled
# again (Ninja restat). For quicker builds while developing set QUELL_KERNEL_ISAS to one of its values or to "" (then the
# interpreter does all the work).

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(isas "x86-64-v4;x86-64-v3")
  # One interpreter body per instruction set; elsewhere the compiler's default has to do.
  set_source_files_properties(src/emit/interp_v3.c PROPERTIES COMPILE_OPTIONS -march=x86-64-v3)
  set_source_files_properties(src/emit/interp_v4.c PROPERTIES COMPILE_OPTIONS -march=x86-64-v4)
else()
  set(isas "generic")
endif()
set(QUELL_KERNEL_ISAS "${isas}" CACHE STRING "instruction sets to compile kernels for, best first")
set(QUELL_KERNEL_WIDTHS "" CACHE STRING "lanes per kernel, any of 1, 4, 8; empty: one full register, and 1")

set(model ${CMAKE_SOURCE_DIR}/models/cll/cll.qm)
set(kernel_dir ${CMAKE_BINARY_DIR}/kernels)
set(kernel_sources ${kernel_dir}/table.c)
set(kernel_targets)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${model})
file(GLOB model_files CONFIGURE_DEPENDS models/cll/*.qm)
file(STRINGS ${model} kernel_lines REGEX "^kernel +[A-Za-z0-9_]+ *=")
file(MAKE_DIRECTORY ${kernel_dir})

# Optimised in every build type: an unoptimised kernel is of no use to anybody. Looking for dead stores takes gcc a time
# that grows with the square of the code, and there are none. No debug symbols and no sanitizers: either takes gcc many
# minutes for each of these thousands of lines of sums, and the interpreter does the same work under both.
set(kernel_options -O2 -g0 -fno-sanitize=all)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  list(APPEND kernel_options -fno-tree-dse -fno-dse)
endif()

foreach(isa ${QUELL_KERNEL_ISAS})
  set(widths ${QUELL_KERNEL_WIDTHS})
  if(NOT widths AND isa STREQUAL "x86-64-v4")
    set(widths 8) # width 1 gains nothing over the smaller instruction set
  elseif(NOT widths)
    set(widths 1 4)
  endif()
  foreach(width ${widths})
    list(APPEND kernel_targets "${isa}:${width}")
    foreach(line ${kernel_lines})
      string(REGEX REPLACE "^kernel +([A-Za-z0-9_]+).*" "\\1" set_name "${line}")
      set(source ${kernel_dir}/${set_name}_${isa}_w${width}.c)
      list(APPEND kernel_sources ${source})
      set(options ${kernel_options})
      if(NOT isa STREQUAL "generic")
        list(APPEND options -march=${isa})
      endif()
      set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${options}")
    endforeach()
  endforeach()
endforeach()

add_executable(quell_kernelgen tools/kernelgen.c)
target_link_libraries(quell_kernelgen PRIVATE quell_engine)
add_custom_command(OUTPUT ${kernel_sources}
                   COMMAND quell_kernelgen ${model} ${kernel_dir} ${kernel_targets}
                   DEPENDS quell_kernelgen ${model_files}
                   COMMENT "Writing kernels of ${model}" VERBATIM)
target_sources(quell PRIVATE src/emit/compiled/find.c ${kernel_sources})
