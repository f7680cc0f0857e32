set(link_support ${CMAKE_CURRENT_LIST_DIR}/../support/fake_port.c ${CMAKE_CURRENT_LIST_DIR}/../support/fake_link.c
  ${CMAKE_CURRENT_LIST_DIR}/fixture.c ${CMAKE_CURRENT_LIST_DIR}/fake_store.c)
foreach(suite IN ITEMS state session pull push receive)
  samara_test(link_${suite}
    SOURCES ${CMAKE_CURRENT_LIST_DIR}/${suite}_test.c ${link_support}
    LIBRARIES samara_link samara_agent samara_codec)
endforeach()
