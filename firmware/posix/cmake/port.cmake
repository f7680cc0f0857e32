# SPDX-License-Identifier: Apache-2.0
# The port: what every program needs, the link, profiles, drivers, and the agent itself.

find_package(Threads REQUIRED)
set(PORT ${FIRMWARE}/src/port/posix)

function(samara_port name)
  cmake_parse_arguments(port "" "" "SOURCES;LIBRARIES" ${ARGN})
  list(TRANSFORM port_SOURCES PREPEND ${PORT}/)
  add_library(samara_port_${name} STATIC ${port_SOURCES})
  target_compile_definitions(samara_port_${name} PRIVATE _GNU_SOURCE)
  target_link_libraries(samara_port_${name} PUBLIC samara_settings ${port_LIBRARIES})
endfunction()

# A library of Debian's, with the package that has its header.
function(samara_library variable header library package)
  find_path(${variable}_INCLUDE ${header})
  find_library(${variable}_LIBRARY ${library})
  if(NOT ${variable}_INCLUDE OR NOT ${variable}_LIBRARY)
    message(FATAL_ERROR "${header} or lib${library} is missing: apt-get install ${package}")
  endif()
endfunction()

samara_port(base SOURCES base.c flash_file.c guard.c log.c setting_values.c settings.c watchdog.c LIBRARIES Threads::Threads)
samara_port(devices SOURCES ../device_fail.c device_watch.c devices.c lab.c lab_connection.c lab_device.c lab_wire.c linux_errno.c linux_gpio.c linux_gpio_wait.c linux_i2c.c linux_smbus.c linux_spi.c LIBRARIES samara_port_base)
samara_port(offline SOURCES link_none.c LIBRARIES samara_port_base)

if(SAMARA_LINK)
  samara_library(MOSQUITTO mosquitto.h mosquitto libmosquitto-dev)
  samara_port(link SOURCES link_mosquitto.c LIBRARIES samara_port_base ${MOSQUITTO_LIBRARY})
endif()
if(SAMARA_PROFILE)
  samara_library(YAML yaml.h yaml libyaml-dev)
  samara_port(profile SOURCES profile_values.c profile_yaml.c LIBRARIES samara_port_base ${YAML_LIBRARY})
endif()

if(SAMARA_LINK AND SAMARA_PROFILE)
  add_executable(samara-agent ${PORT}/main.c)
  # Subsystems know each other through their headers: their order here does not matter.
  target_link_libraries(samara-agent PRIVATE -Wl,--start-group
    samara_agent samara_link samara_task samara_hal samara_runtime samara_store samara_codec samara_health
    samara_port_devices samara_port_link samara_port_profile samara_port_base -Wl,--end-group samara_settings)
  install(TARGETS samara-agent)
endif()
