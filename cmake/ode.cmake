# SPDX-License-Identifier: Apache-2.0
# The integrator's vector loops are compiled once per instruction set and chosen at run time.
set_property(SOURCE src/ode/rodas_generic.c src/ode/rodas_v3.c src/ode/rodas_v4.c
             APPEND PROPERTY COMPILE_OPTIONS -O3)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set_property(SOURCE src/ode/rodas_v3.c APPEND PROPERTY COMPILE_OPTIONS -march=x86-64-v3)
  set_property(SOURCE src/ode/rodas_v4.c APPEND PROPERTY COMPILE_OPTIONS -march=x86-64-v4 -mprefer-vector-width=512)
endif()
