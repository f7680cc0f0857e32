# SPDX-License-Identifier: Apache-2.0
set(hal_support ${CMAKE_CURRENT_LIST_DIR}/../support/fake_port.c ${CMAKE_CURRENT_LIST_DIR}/../support/fake_link.c
  ${CMAKE_CURRENT_LIST_DIR}/fixture.c ${CMAKE_CURRENT_LIST_DIR}/fake_devices.c ${CMAKE_CURRENT_LIST_DIR}/fake_guest.c)
foreach(suite IN ITEMS grants session bus gpio record replay wait watch)
  samara_test(hal_${suite}
    SOURCES ${CMAKE_CURRENT_LIST_DIR}/${suite}_test.c ${hal_support}
    LIBRARIES samara_hal samara_agent samara_codec)
endforeach()
