samara_test(store
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/store_test.c ${CMAKE_CURRENT_LIST_DIR}/flash_sim.c
  LIBRARIES samara_store samara_codec)
