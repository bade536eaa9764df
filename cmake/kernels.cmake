# SPDX-License-Identifier: Apache-2.0
# Compiled kernels of the shipped model are added here by the generator (src/emit).

# One interpreter body per instruction set; elsewhere than on x86 the compiler's default has to do.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set_source_files_properties(src/emit/interp_v3.c PROPERTIES COMPILE_OPTIONS -march=x86-64-v3)
  set_source_files_properties(src/emit/interp_v4.c PROPERTIES COMPILE_OPTIONS -march=x86-64-v4)
endif()
