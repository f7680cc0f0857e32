# SPDX-License-Identifier: Apache-2.0
# WAMR's platform is the agent's own port.
set(PLATFORM_SHARED_DIR ${CMAKE_CURRENT_LIST_DIR})
include_directories(${PLATFORM_SHARED_DIR} ${SHARED_DIR}/platform/include)
set(PLATFORM_SHARED_SOURCE ${PLATFORM_SHARED_DIR}/platform.c ${SHARED_DIR}/platform/common/math/math.c)
