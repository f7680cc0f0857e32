# SPDX-License-Identifier: Apache-2.0
samara_fuzzer(module
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_module.c ${CMAKE_CURRENT_LIST_DIR}/neighbours.c
  LIBRARIES samara_runtime samara_port_base samara_codec)
target_include_directories(fuzz_module PRIVATE ${FIRMWARE}/tests)
samara_fuzzer(lift
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_lift.c ${CMAKE_CURRENT_LIST_DIR}/fake_guest.c
  LIBRARIES samara_runtime samara_codec)
target_include_directories(fuzz_lift PRIVATE ${FIRMWARE}/tests)
