# SPDX-License-Identifier: Apache-2.0
# The module that the program loads under mpirun, beside the program or in <prefix>/lib/quell.
if(QUELL_MPI AND MPI_FOUND)
  add_library(quell_mpi MODULE src/scale/mpi/module.c)
  set_target_properties(quell_mpi PROPERTIES PREFIX "" OUTPUT_NAME quell_mpi)
  target_include_directories(quell_mpi PRIVATE include src)
  target_link_libraries(quell_mpi PRIVATE PkgConfig::MPI)
  add_dependencies(quell_cli quell_mpi)
  install(TARGETS quell_mpi LIBRARY DESTINATION lib/quell)
endif()
