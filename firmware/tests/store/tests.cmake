# A life is cut at every write; where each takes long, at one in seven, or as SAMARA_CUT_STEP says.
set(store_cuts)
if(SAMARA_CUT_STEP)
  set(store_cuts CUT_STEP=${SAMARA_CUT_STEP})
elseif(SAMARA_SANITIZE OR CMAKE_CROSSCOMPILING)
  set(store_cuts CUT_STEP=7)
endif()
samara_test(store
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/store_test.c ${CMAKE_CURRENT_LIST_DIR}/flash_sim.c
  LIBRARIES samara_store samara_codec
  DEFINITIONS ${store_cuts})
