# SPDX-License-Identifier: Apache-2.0
# Compiled kernels of the shipped model are added here by the generator (src/emit).

# One interpreter body per instruction set; elsewhere than on x86 the compiler's default has to do.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set_source_files_properties(src/emit/interp_v3.c PROPERTIES COMPILE_OPTIONS -march=x86-64-v3)
  set_source_files_properties(src/emit/interp_v4.c PROPERTIES COMPILE_OPTIONS -march=x86-64-v4)
endif()

# Until the generator is there the table of compiled kernels is empty, and every run is interpreted.
set(kernel_dir ${CMAKE_BINARY_DIR}/kernels)
file(WRITE ${kernel_dir}/table.c.new "#include \"base/kernel.h\"\n#include <stddef.h>\n\
extern const struct ql_kernel *const ql_compiled_kernels[];\nconst struct ql_kernel *const ql_compiled_kernels[] = {NULL};\n")
file(COPY_FILE ${kernel_dir}/table.c.new ${kernel_dir}/table.c ONLY_IF_DIFFERENT)
target_sources(quell PRIVATE src/emit/compiled/find.c ${kernel_dir}/table.c)
