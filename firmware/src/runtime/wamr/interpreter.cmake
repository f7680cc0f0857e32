# SPDX-License-Identifier: Apache-2.0
# WAMR's instruction limit is copied into a local of the interpreter and ends the call where it is used up. Here the
# interpreter asks for more instead (runtime_slice() in run.c): that is where the deadline and a stop from outside are
# looked at. No thread manager, no watchdog, and a limit that is that of the whole call.

# Replaces the interpreter in a list of sources by one with that question in its test of the limit.
function(samara_interpreter sources)
  set(asked "instructions_left == 0")
  set(asking "instructions_left == 0 && (instructions_left = runtime_slice(exec_env)) == 0")
  set(result ${${sources}})
  foreach(source IN LISTS ${sources})
    if(NOT source MATCHES "/(wasm_interp_(classic|fast)\\.c)$")
      continue()
    endif()
    set(made ${CMAKE_CURRENT_BINARY_DIR}/${CMAKE_MATCH_1})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
    file(READ ${source} text)
    string(REPLACE "${asked}" "" without "${text}")
    string(LENGTH "${text}" before)
    string(LENGTH "${without}" after)
    string(LENGTH "${asked}" once)
    math(EXPR times "(${before} - ${after}) / ${once}")
    if(NOT times EQUAL 1)
      message(FATAL_ERROR "${source}: tests its instruction limit in ${times} places, 1 expected")
    endif()
    string(REPLACE "${asked}" "${asking}" text "${text}")
    file(CONFIGURE OUTPUT ${made} CONTENT "int runtime_slice(void *exec_env);\n#line 1 \"${source}\"\n@text@" @ONLY)
    list(REMOVE_ITEM result ${source})
    list(APPEND result ${made})
  endforeach()
  set(${sources} ${result} PARENT_SCOPE)
endfunction()
