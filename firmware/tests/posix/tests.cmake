# SPDX-License-Identifier: Apache-2.0
set(posix_tests ${CMAKE_CURRENT_LIST_DIR})

# The drivers for another program: test/firmware/port-lab.test.ts.
add_executable(drive ${posix_tests}/drive.c)
set_target_properties(drive PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/tests)
target_compile_definitions(drive PRIVATE _GNU_SOURCE)
target_link_libraries(drive PRIVATE samara_port_devices samara_port_offline samara_port_base samara_codec samara_settings)

# run-call-devices: rows of the table of test/contract, for test/firmware/table-arm.test.ts.
add_executable(run-call-devices ${posix_tests}/run_row.c ${posix_tests}/../support/frames.c)
set_target_properties(run-call-devices PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/tests)
target_include_directories(run-call-devices PRIVATE ${FIRMWARE}/tests)
target_link_libraries(run-call-devices PRIVATE -Wl,--start-group samara_hal samara_runtime samara_store
  samara_port_devices samara_port_offline samara_port_base samara_codec -Wl,--end-group samara_settings)

set(posix_libraries samara_port_devices samara_port_offline samara_port_base samara_codec)
samara_test(posix_settings SOURCES ${posix_tests}/settings_test.c LIBRARIES ${posix_libraries} DEFINITIONS _GNU_SOURCE)
samara_test(posix_errno SOURCES ${posix_tests}/errno_test.c LIBRARIES ${posix_libraries} DEFINITIONS _GNU_SOURCE)
if(SAMARA_PROFILE)
  samara_test(posix_profile SOURCES ${posix_tests}/profile_test.c LIBRARIES samara_port_profile ${posix_libraries} DEFINITIONS _GNU_SOURCE)
endif()
samara_test(posix_lab SOURCES ${posix_tests}/lab_test.c ${posix_tests}/lab_vectors.c LIBRARIES ${posix_libraries} DEFINITIONS _GNU_SOURCE)
if(SAMARA_LINK)
  samara_test(posix_link SOURCES ${posix_tests}/link_test.c LIBRARIES samara_port_link samara_port_base samara_codec DEFINITIONS _GNU_SOURCE)
endif()
