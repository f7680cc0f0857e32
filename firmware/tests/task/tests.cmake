set(task_support ${CMAKE_CURRENT_LIST_DIR}/../support/fake_port.c ${CMAKE_CURRENT_LIST_DIR}/../support/fake_link.c
  ${CMAKE_CURRENT_LIST_DIR}/../store/flash_sim.c ${CMAKE_CURRENT_LIST_DIR}/fixture.c ${CMAKE_CURRENT_LIST_DIR}/wishes.c ${CMAKE_CURRENT_LIST_DIR}/manager.c
  ${CMAKE_CURRENT_LIST_DIR}/fake_runtime.c ${CMAKE_CURRENT_LIST_DIR}/fake_hal.c ${CMAKE_CURRENT_LIST_DIR}/pairs.c)
# A life is cut at every operation in small blocks; where each takes long, at one in seven, or as SAMARA_CUT_STEP says.
set(task_cuts)
if(SAMARA_CUT_STEP)
  set(task_cuts CUTS_SHARE=${SAMARA_CUT_STEP})
elseif(SAMARA_SANITIZE OR CMAKE_CROSSCOMPILING)
  set(task_cuts CUTS_SHARE=7)
endif()
foreach(suite IN ITEMS functions attempts leases outbox lists deployments edges results cuts)
  samara_test(task_${suite}
    SOURCES ${CMAKE_CURRENT_LIST_DIR}/${suite}_test.c ${task_support}
    LIBRARIES samara_task samara_agent samara_store samara_codec
    DEFINITIONS ${task_cuts})
endforeach()
