# SPDX-License-Identifier: Apache-2.0
# Not a test by itself: test/firmware/codec.test.ts feeds it.
add_executable(codec-vectors ${CMAKE_CURRENT_LIST_DIR}/vectors.c)
set_target_properties(codec-vectors PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/tools)
target_link_libraries(codec-vectors PRIVATE samara_codec samara_store samara_settings)
target_sources(codec-vectors PRIVATE ${FIRMWARE}/tests/store/flash_sim.c ${FIRMWARE}/tests/support/no_threads.c)
target_include_directories(codec-vectors PRIVATE ${FIRMWARE}/tests)
