set(agent_support ${CMAKE_CURRENT_LIST_DIR}/../support/fake_port.c ${CMAKE_CURRENT_LIST_DIR}/../support/fake_link.c)
samara_test(agent_loop
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/loop_test.c ${agent_support}
  LIBRARIES samara_agent)
set(agent_vectors ${CMAKE_CURRENT_LIST_DIR}/../support/vectors.c)
set_source_files_properties(${agent_vectors} PROPERTIES OBJECT_DEPENDS ${REPOSITORY}/shared/vectors/messages.json)
samara_test(agent_describe
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/describe_test.c ${agent_vectors} ${CMAKE_CURRENT_LIST_DIR}/neighbours.c ${agent_support}
  LIBRARIES samara_agent samara_codec)
samara_test(agent
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/agent_test.c ${CMAKE_CURRENT_LIST_DIR}/neighbours.c ${agent_support}
  LIBRARIES samara_agent samara_health samara_link samara_agent samara_codec)
