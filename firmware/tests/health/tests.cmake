samara_test(health
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/health_test.c ${CMAKE_CURRENT_LIST_DIR}/../agent/neighbours.c
    ${CMAKE_CURRENT_LIST_DIR}/../support/fake_port.c ${CMAKE_CURRENT_LIST_DIR}/../support/fake_link.c
  LIBRARIES samara_health samara_agent)
