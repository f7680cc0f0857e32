# SPDX-License-Identifier: Apache-2.0
set(runtime_tests ${CMAKE_CURRENT_LIST_DIR})

# run-call: calls of test/firmware/differential.test.ts; the other two have a defect that it must find.
function(samara_run_call name library)
  add_executable(${name} ${runtime_tests}/run_call.c ${runtime_tests}/neighbours.c ${runtime_tests}/../support/frames.c)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_include_directories(${name} PRIVATE ${FIRMWARE}/tests)
  target_link_libraries(${name} PRIVATE ${library} samara_codec)
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
endfunction()
samara_run_call(run-call samara_runtime)
get_target_property(runtime_sources samara_runtime SOURCES)
foreach(defect IN ITEMS lift lower)
  string(TOUPPER ${defect} DEFECT)
  add_library(samara_runtime_broken_${defect} STATIC ${runtime_sources})
  target_compile_definitions(samara_runtime_broken_${defect} PRIVATE SAMARA_TEST_BREAK_${DEFECT})
  target_link_libraries(samara_runtime_broken_${defect} PUBLIC samara_settings PRIVATE samara_wamr)
  samara_run_call(run-call-broken-${defect} samara_runtime_broken_${defect})
endforeach()

samara_test(runtime_pool
  SOURCES ${runtime_tests}/pool_test.c ${runtime_tests}/neighbours.c
  LIBRARIES samara_runtime samara_codec
  DEFINITIONS _GNU_SOURCE)
foreach(suite IN ITEMS run host)
  samara_test(runtime_${suite}
    SOURCES ${runtime_tests}/${suite}_test.c ${runtime_tests}/call.c ${runtime_tests}/modules.c ${runtime_tests}/neighbours.c
    LIBRARIES samara_runtime samara_codec
    DEFINITIONS _GNU_SOURCE)
endforeach()
samara_test(runtime_values
  SOURCES ${runtime_tests}/values_test.c ${runtime_tests}/fake_guest.c
  LIBRARIES samara_runtime samara_codec)
