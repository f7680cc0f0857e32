# SPDX-License-Identifier: Apache-2.0
# Programs of the benchmark, in build/bench: test/bench/mcu.
set(bench ${CMAKE_CURRENT_LIST_DIR})

function(samara_bench name)
  cmake_parse_arguments(bench "" "" "SOURCES;LIBRARIES" ${ARGN})
  list(TRANSFORM bench_SOURCES PREPEND ${bench}/)
  add_executable(bench_${name} ${bench_SOURCES})
  set_target_properties(bench_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench OUTPUT_NAME ${name})
  target_include_directories(bench_${name} PRIVATE ${FIRMWARE}/posix)
  target_compile_definitions(bench_${name} PRIVATE _GNU_SOURCE)
  target_link_libraries(bench_${name} PRIVATE ${bench_LIBRARIES} samara_settings)
endfunction()

set(board samara_hal samara_runtime samara_codec samara_port_base)
foreach(name IN ITEMS instances calls stack)
  samara_bench(${name} SOURCES ${name}.c board.c grants.c instant.c LIBRARIES -Wl,--start-group ${board} -Wl,--end-group)
endforeach()
if(SAMARA_LINK)
  samara_bench(client SOURCES client.c LIBRARIES ${MOSQUITTO_LIBRARY})
endif()
samara_bench(calls-on-lab SOURCES calls.c board.c grants.c on_lab.c
  LIBRARIES -Wl,--start-group ${board} samara_port_devices samara_port_offline -Wl,--end-group)

# Other architectures are not timed.
if(NOT CMAKE_CROSSCOMPILING)
  foreach(STOP IN ITEMS slices nothing threads)
    add_subdirectory(bench/stop bench-${STOP})
  endforeach()
endif()
