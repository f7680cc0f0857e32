# SPDX-License-Identifier: Apache-2.0
# 32-bit ARM under Linux, run here by qemu: cmake -DCMAKE_TOOLCHAIN_FILE=cmake/arm-linux.cmake
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
set(CMAKE_FIND_ROOT_PATH /usr/arm-linux-gnueabihf)
set(CMAKE_LIBRARY_ARCHITECTURE arm-linux-gnueabihf)
# Programs take the cross compiler's libc wherever they run: another one of this machine would mix with it.
set(root /usr/arm-linux-gnueabihf/lib)
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wl,--disable-new-dtags,--dynamic-linker=${root}/ld-linux-armhf.so.3,-rpath,${root}")
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm-static)
