# SPDX-License-Identifier: Apache-2.0
# 32-bit ARM under Linux, run here by qemu: cmake -DCMAKE_TOOLCHAIN_FILE=cmake/arm-linux.cmake
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
set(CMAKE_FIND_ROOT_PATH /usr/arm-linux-gnueabihf)
set(CMAKE_LIBRARY_ARCHITECTURE arm-linux-gnueabihf)
# Debian's own libc for ARM, where it is installed, and the cross compiler's do not mix: threads crash in the dynamic linker.
if(EXISTS /lib/ld-linux-armhf.so.3)
  set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm-static)
else()
  set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm-static;-L;/usr/arm-linux-gnueabihf)
endif()
