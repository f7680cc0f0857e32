/* SPDX-License-Identifier: Apache-2.0 */
/* Derived from shared/wit by `npm run derive`. Do not edit. */

#ifndef SAMARA_HAL_HOST_FUNCTIONS_H_
#define SAMARA_HAL_HOST_FUNCTIONS_H_

#include "runtime/runtime.h"

void host_i2c_i2c_transaction(struct runtime_guest *guest, uint64_t *args);
void host_i2c_i2c_read(struct runtime_guest *guest, uint64_t *args);
void host_i2c_i2c_write(struct runtime_guest *guest, uint64_t *args);
void host_i2c_i2c_write_read(struct runtime_guest *guest, uint64_t *args);
void host_delay_delay_delay_ns(struct runtime_guest *guest, uint64_t *args);
void host_spi_spi_device_read(struct runtime_guest *guest, uint64_t *args);
void host_spi_spi_device_write(struct runtime_guest *guest, uint64_t *args);
void host_spi_spi_device_transfer(struct runtime_guest *guest, uint64_t *args);
void host_spi_spi_device_transaction(struct runtime_guest *guest, uint64_t *args);
void host_spi_open(struct runtime_guest *guest, uint64_t *args);
void host_digital_output_pin_set_low(struct runtime_guest *guest, uint64_t *args);
void host_digital_output_pin_set_high(struct runtime_guest *guest, uint64_t *args);
void host_digital_output_pin_set_state(struct runtime_guest *guest, uint64_t *args);
void host_digital_stateful_output_pin_set_low(struct runtime_guest *guest, uint64_t *args);
void host_digital_stateful_output_pin_set_high(struct runtime_guest *guest, uint64_t *args);
void host_digital_stateful_output_pin_set_state(struct runtime_guest *guest, uint64_t *args);
void host_digital_stateful_output_pin_is_set_high(struct runtime_guest *guest, uint64_t *args);
void host_digital_stateful_output_pin_is_set_low(struct runtime_guest *guest, uint64_t *args);
void host_digital_stateful_output_pin_toggle(struct runtime_guest *guest, uint64_t *args);
void host_digital_input_pin_is_high(struct runtime_guest *guest, uint64_t *args);
void host_digital_input_pin_is_low(struct runtime_guest *guest, uint64_t *args);
void host_digital_open_output(struct runtime_guest *guest, uint64_t *args);
void host_digital_open_stateful_output(struct runtime_guest *guest, uint64_t *args);
void host_digital_open_input(struct runtime_guest *guest, uint64_t *args);
void host_digital_async_input_wait_pin_start_wait_high(struct runtime_guest *guest, uint64_t *args);
void host_digital_async_input_wait_pin_start_wait_low(struct runtime_guest *guest, uint64_t *args);
void host_digital_async_input_wait_pin_start_wait_rising_edge(struct runtime_guest *guest, uint64_t *args);
void host_digital_async_input_wait_pin_start_wait_falling_edge(struct runtime_guest *guest, uint64_t *args);
void host_digital_async_input_wait_pin_start_wait_any_edge(struct runtime_guest *guest, uint64_t *args);
void host_digital_async_input_wait_pin_subscribe(struct runtime_guest *guest, uint64_t *args);
void host_digital_async_input_wait_pin_finish_wait(struct runtime_guest *guest, uint64_t *args);
void host_digital_async_open_input_wait(struct runtime_guest *guest, uint64_t *args);
void host_open_open_i2c(struct runtime_guest *guest, uint64_t *args);
void host_open_open_delay(struct runtime_guest *guest, uint64_t *args);
void host_config_get(struct runtime_guest *guest, uint64_t *args);
void host_poll_pollable_ready(struct runtime_guest *guest, uint64_t *args);
void host_poll_pollable_block(struct runtime_guest *guest, uint64_t *args);
void host_poll_poll(struct runtime_guest *guest, uint64_t *args);
void host_i2c_i2c_drop(struct runtime_guest *guest, uint64_t *args);
void host_delay_delay_drop(struct runtime_guest *guest, uint64_t *args);
void host_spi_spi_device_drop(struct runtime_guest *guest, uint64_t *args);
void host_digital_output_pin_drop(struct runtime_guest *guest, uint64_t *args);
void host_digital_stateful_output_pin_drop(struct runtime_guest *guest, uint64_t *args);
void host_digital_input_pin_drop(struct runtime_guest *guest, uint64_t *args);
void host_digital_async_input_wait_pin_drop(struct runtime_guest *guest, uint64_t *args);
void host_poll_pollable_drop(struct runtime_guest *guest, uint64_t *args);

#define HAL_HOST_FUNCTIONS(X) \
	X("wasi:i2c/i2c@0.2.0-draft", "[method]i2c.transaction", "(iiiii)", host_i2c_i2c_transaction) \
	X("wasi:i2c/i2c@0.2.0-draft", "[method]i2c.read", "(iiIi)", host_i2c_i2c_read) \
	X("wasi:i2c/i2c@0.2.0-draft", "[method]i2c.write", "(iiiii)", host_i2c_i2c_write) \
	X("wasi:i2c/i2c@0.2.0-draft", "[method]i2c.write-read", "(iiiiIi)", host_i2c_i2c_write_read) \
	X("wasi:i2c/delay@0.2.0-draft", "[method]delay.delay-ns", "(ii)", host_delay_delay_delay_ns) \
	X("wasi:spi/spi", "[method]spi-device.read", "(iIi)", host_spi_spi_device_read) \
	X("wasi:spi/spi", "[method]spi-device.write", "(iiii)", host_spi_spi_device_write) \
	X("wasi:spi/spi", "[method]spi-device.transfer", "(iiii)", host_spi_spi_device_transfer) \
	X("wasi:spi/spi", "[method]spi-device.transaction", "(iiii)", host_spi_spi_device_transaction) \
	X("wasi:spi/spi", "open", "(iii)", host_spi_open) \
	X("wasi:gpio/digital@0.2.0", "[method]output-pin.set-low", "(ii)", host_digital_output_pin_set_low) \
	X("wasi:gpio/digital@0.2.0", "[method]output-pin.set-high", "(ii)", host_digital_output_pin_set_high) \
	X("wasi:gpio/digital@0.2.0", "[method]output-pin.set-state", "(iii)", host_digital_output_pin_set_state) \
	X("wasi:gpio/digital@0.2.0", "[method]stateful-output-pin.set-low", "(ii)", host_digital_stateful_output_pin_set_low) \
	X("wasi:gpio/digital@0.2.0", "[method]stateful-output-pin.set-high", "(ii)", host_digital_stateful_output_pin_set_high) \
	X("wasi:gpio/digital@0.2.0", "[method]stateful-output-pin.set-state", "(iii)", host_digital_stateful_output_pin_set_state) \
	X("wasi:gpio/digital@0.2.0", "[method]stateful-output-pin.is-set-high", "(ii)", host_digital_stateful_output_pin_is_set_high) \
	X("wasi:gpio/digital@0.2.0", "[method]stateful-output-pin.is-set-low", "(ii)", host_digital_stateful_output_pin_is_set_low) \
	X("wasi:gpio/digital@0.2.0", "[method]stateful-output-pin.toggle", "(ii)", host_digital_stateful_output_pin_toggle) \
	X("wasi:gpio/digital@0.2.0", "[method]input-pin.is-high", "(ii)", host_digital_input_pin_is_high) \
	X("wasi:gpio/digital@0.2.0", "[method]input-pin.is-low", "(ii)", host_digital_input_pin_is_low) \
	X("wasi:gpio/digital@0.2.0", "open-output", "(iii)", host_digital_open_output) \
	X("wasi:gpio/digital@0.2.0", "open-stateful-output", "(iii)", host_digital_open_stateful_output) \
	X("wasi:gpio/digital@0.2.0", "open-input", "(iii)", host_digital_open_input) \
	X("wasi:gpio/digital-async@0.2.0", "[method]input-wait-pin.start-wait-high", "(ii)", host_digital_async_input_wait_pin_start_wait_high) \
	X("wasi:gpio/digital-async@0.2.0", "[method]input-wait-pin.start-wait-low", "(ii)", host_digital_async_input_wait_pin_start_wait_low) \
	X("wasi:gpio/digital-async@0.2.0", "[method]input-wait-pin.start-wait-rising-edge", "(ii)", host_digital_async_input_wait_pin_start_wait_rising_edge) \
	X("wasi:gpio/digital-async@0.2.0", "[method]input-wait-pin.start-wait-falling-edge", "(ii)", host_digital_async_input_wait_pin_start_wait_falling_edge) \
	X("wasi:gpio/digital-async@0.2.0", "[method]input-wait-pin.start-wait-any-edge", "(ii)", host_digital_async_input_wait_pin_start_wait_any_edge) \
	X("wasi:gpio/digital-async@0.2.0", "[method]input-wait-pin.subscribe", "(i)i", host_digital_async_input_wait_pin_subscribe) \
	X("wasi:gpio/digital-async@0.2.0", "[method]input-wait-pin.finish-wait", "(ii)", host_digital_async_input_wait_pin_finish_wait) \
	X("wasi:gpio/digital-async@0.2.0", "open-input-wait", "(iii)", host_digital_async_open_input_wait) \
	X("samara:device/open@0.1.0", "open-i2c", "(iii)", host_open_open_i2c) \
	X("samara:device/open@0.1.0", "open-delay", "()i", host_open_open_delay) \
	X("samara:device/config@0.1.0", "get", "(iii)", host_config_get) \
	X("wasi:io/poll@0.2.6", "[method]pollable.ready", "(i)i", host_poll_pollable_ready) \
	X("wasi:io/poll@0.2.6", "[method]pollable.block", "(i)", host_poll_pollable_block) \
	X("wasi:io/poll@0.2.6", "poll", "(iii)", host_poll_poll) \
	X("wasi:i2c/i2c@0.2.0-draft", "[resource-drop]i2c", "(i)", host_i2c_i2c_drop) \
	X("wasi:i2c/delay@0.2.0-draft", "[resource-drop]delay", "(i)", host_delay_delay_drop) \
	X("wasi:spi/spi", "[resource-drop]spi-device", "(i)", host_spi_spi_device_drop) \
	X("wasi:gpio/digital@0.2.0", "[resource-drop]output-pin", "(i)", host_digital_output_pin_drop) \
	X("wasi:gpio/digital@0.2.0", "[resource-drop]stateful-output-pin", "(i)", host_digital_stateful_output_pin_drop) \
	X("wasi:gpio/digital@0.2.0", "[resource-drop]input-pin", "(i)", host_digital_input_pin_drop) \
	X("wasi:gpio/digital-async@0.2.0", "[resource-drop]input-wait-pin", "(i)", host_digital_async_input_wait_pin_drop) \
	X("wasi:io/poll@0.2.6", "[resource-drop]pollable", "(i)", host_poll_pollable_drop)

#define HAL_INTERFACES(X) \
	X("wasi:i2c/i2c") \
	X("wasi:i2c/delay") \
	X("wasi:spi/spi") \
	X("wasi:gpio/digital") \
	X("wasi:gpio/digital-async") \
	X("samara:device/open") \
	X("samara:device/config")

#endif /* SAMARA_HAL_HOST_FUNCTIONS_H_ */
