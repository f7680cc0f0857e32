set(task_support ${CMAKE_CURRENT_LIST_DIR}/../support/fake_port.c ${CMAKE_CURRENT_LIST_DIR}/../support/fake_link.c
  ${CMAKE_CURRENT_LIST_DIR}/../store/flash_sim.c ${CMAKE_CURRENT_LIST_DIR}/fixture.c ${CMAKE_CURRENT_LIST_DIR}/wishes.c ${CMAKE_CURRENT_LIST_DIR}/manager.c
  ${CMAKE_CURRENT_LIST_DIR}/fake_runtime.c ${CMAKE_CURRENT_LIST_DIR}/fake_hal.c ${CMAKE_CURRENT_LIST_DIR}/pairs.c)
foreach(suite IN ITEMS functions attempts leases outbox lists deployments edges results cuts)
  samara_test(task_${suite}
    SOURCES ${CMAKE_CURRENT_LIST_DIR}/${suite}_test.c ${task_support}
    LIBRARIES samara_task samara_agent samara_store samara_codec)
endforeach()
