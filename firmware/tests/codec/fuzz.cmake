samara_fuzzer(codec
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_codec.c
  LIBRARIES samara_codec)
