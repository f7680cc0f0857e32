samara_fuzzer(store
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_store.c ${CMAKE_CURRENT_LIST_DIR}/flash_sim.c
  LIBRARIES samara_store samara_codec)
target_include_directories(fuzz_store PRIVATE ${FIRMWARE}/tests)
