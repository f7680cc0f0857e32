# SPDX-License-Identifier: Apache-2.0
set(runtime_tests ${CMAKE_CURRENT_LIST_DIR})

# run-call: calls of test/firmware/differential.test.ts; the other two have a defect that it must find.
function(samara_run_call name library)
  add_executable(${name} ${runtime_tests}/run_call.c ${runtime_tests}/neighbours.c ${runtime_tests}/../support/frames.c)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_include_directories(${name} PRIVATE ${FIRMWARE}/tests)
  target_link_libraries(${name} PRIVATE ${library} samara_port_base samara_codec)
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
