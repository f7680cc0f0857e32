/*
 * Host interfaces of Samara for functions in C, without libc.
 *
 * Every call returns 0 or one of `enum samara_error`. Devices are named as in the profile of the
 * proplet. What the host hands over goes through an arena of SAMARA_ARENA bytes and from there into
 * your buffer, so the memory of a module is its stack, its data and that arena. Define SAMARA_ARENA
 * before the include where 256 bytes are too few: it holds the longest read and 8 bytes for each
 * read of a transaction.
 *
 *   samara build sensor.c
 *
 * compiles, and embeds the types of sensor.wit and the devices of sensor.devices.json. USB is in
 * samara-usb.h, which only Linux has a use for.
 */
#ifndef SAMARA_H
#define SAMARA_H

#include "samara-core.h"
#include "samara-device.h"
#include "samara-gpio.h"
#include "samara-i2c.h"
#include "samara-spi.h"

#endif
