# SPDX-License-Identifier: Apache-2.0
# WAMR's source: the folder that SAMARA_WAMR names, or the crate wamrx-sys, which carries it whole and which cargo
# fetches (wamr/Cargo.lock names it with its digest).

# rustup keeps its toolchains below the home that it was installed for, which need not be today's.
function(samara_cargo output)
  find_program(SAMARA_CARGO cargo)
  if(NOT SAMARA_CARGO)
    message(FATAL_ERROR "WAMR's source: neither -DSAMARA_WAMR=<folder> nor cargo is there")
  endif()
  set(command ${SAMARA_CARGO})
  execute_process(COMMAND ${command} --version RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
  if(failed)
    get_filename_component(home ${SAMARA_CARGO}/../../.. ABSOLUTE)
    set(command ${CMAKE_COMMAND} -E env RUSTUP_HOME=${home}/.rustup CARGO_HOME=${home}/.cargo ${SAMARA_CARGO})
  endif()
  execute_process(COMMAND ${command} ${ARGN} WORKING_DIRECTORY ${FIRMWARE}/posix/wamr
    RESULT_VARIABLE failed OUTPUT_VARIABLE answer ERROR_VARIABLE problem)
  set(${output} "${answer}" PARENT_SCOPE)
  set(${output}_FAILED "${failed}" PARENT_SCOPE)
  set(${output}_PROBLEM "${problem}" PARENT_SCOPE)
endfunction()

function(samara_find_wamr)
  samara_cargo(fetched fetch --locked --offline)
  if(fetched_FAILED)
    samara_cargo(fetched fetch --locked)
  endif()
  if(fetched_FAILED)
    message(FATAL_ERROR "WAMR's source: cargo fetch: ${fetched_PROBLEM}")
  endif()
  samara_cargo(metadata metadata --format-version 1 --locked --offline)
  if(metadata_FAILED OR NOT metadata MATCHES "\"manifest_path\":\"([^\"]*/wamrx-sys-[^\"]*)/Cargo.toml\"")
    message(FATAL_ERROR "WAMR's source: cargo metadata: ${metadata_PROBLEM}")
  endif()
  set(SAMARA_WAMR ${CMAKE_MATCH_1}/wasm-micro-runtime CACHE PATH "Source of WAMR 2.4; found by cargo where empty" FORCE)
endfunction()

if(NOT SAMARA_WAMR)
  samara_find_wamr()
endif()
message(STATUS "WAMR: ${SAMARA_WAMR}")
