samara_test(codec
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/codec_test.c
  LIBRARIES samara_codec)
