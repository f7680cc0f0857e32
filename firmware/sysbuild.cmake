# SPDX-License-Identifier: Apache-2.0
# MCUboot has the partitions that the agent has.
set(partitions ${CMAKE_CURRENT_LIST_DIR}/boards/${BOARD}_partitions.dtsi)
if(EXISTS ${partitions})
  set(mcuboot_EXTRA_DTC_OVERLAY_FILE ${partitions} CACHE INTERNAL "Partitions of this board")
endif()
