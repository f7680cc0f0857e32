# SPDX-License-Identifier: Apache-2.0
set(runtime_tests ${CMAKE_CURRENT_LIST_DIR})

samara_test(runtime_pool
  SOURCES ${runtime_tests}/pool_test.c ${runtime_tests}/neighbours.c
  LIBRARIES samara_runtime samara_port_base samara_codec)
foreach(suite IN ITEMS run host)
  samara_test(runtime_${suite}
    SOURCES ${runtime_tests}/${suite}_test.c ${runtime_tests}/call.c ${runtime_tests}/modules.c ${runtime_tests}/neighbours.c
    LIBRARIES samara_runtime samara_port_base samara_codec)
endforeach()
samara_test(runtime_values
  SOURCES ${runtime_tests}/values_test.c ${runtime_tests}/fake_guest.c
  LIBRARIES samara_runtime samara_codec)
