/* SPDX-License-Identifier: Apache-2.0 */

/*
 * In place of the agent's main(): runs calls of a table from the real store, and says what each
 * took of the processor's clock, which counts instructions where an emulator counts them. A loop of
 * known length tells how much of the clock is one instruction.
 */

#include <zephyr/drivers/gpio.h>
#include <zephyr/drivers/i2c.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

#include "base.h"
#include "bench.h"
#include "bench/grants.h"
#include "codec/stream.h"
#include "devices.h"
#include "port/port.h"
#include "runtime/runtime.h"
#include "store/store.h"

#define CALL_MS 600000
#define RUNS	3
#define LOOP	1000000
#define TIMES	1000
#define SENSOR	0x76
#define LAMP	27

static struct hal_session *session;
static uint8_t value[CONFIG_SAMARA_RESULT_MAX];

/* Two instructions, so often. */
static void loop(uint32_t times)
{
	__asm__ volatile("1: subs %0, %0, #1\n"
			 "bne 1b\n"
			 : "+r"(times)
			 :
			 : "cc");
}

/* What the same transfer takes without the agent. */
static int transfers(uint32_t times)
{
	const struct device *bus = DEVICE_DT_GET(DT_NODELABEL(emulated_i2c));
	const uint8_t place = 0;
	uint8_t bytes[4];
	int error = 0;

	for (uint32_t done = 0; !error && done < times; done++) {
		error = i2c_write_read(bus, SENSOR, &place, sizeof(place), bytes, sizeof(bytes));
	}
	return error;
}

static int switches(uint32_t times)
{
	const struct device *bus = DEVICE_DT_GET(DT_NODELABEL(emulated_gpio));
	int error = gpio_pin_configure(bus, LAMP, GPIO_OUTPUT_LOW);

	for (uint32_t done = 0; !error && done < times; done++) {
		error = gpio_pin_set(bus, LAMP, (int)(done & 1));
	}
	return error;
}

/** Runs one of these, and says what it took. */
static int measure_driver(const char *name, int (*run)(uint32_t times))
{
	uint32_t began = k_cycle_get_32();
	int error = run(TIMES);

	printk("bench %s %u completed\n", name, k_cycle_get_32() - began);
	return error;
}

static int keep(const struct bench_call *call, struct runtime_call *made)
{
	uint32_t size = (uint32_t)(call->image_end - call->image);

	codec_sha256(call->image, size, made->image);
	made->image_bytes = size;
	if (store_blob_size(made->image) > 0) {
		return 0;
	}
	int error = store_blob_begin(made->image, size);

	if (error < 0) {
		return error;
	}
	error = store_blob_append(made->image, 0, call->image, size);
	return error ? error : store_blob_finish(made->image);
}

static int measure(const struct bench_call *call)
{
	static uint32_t instance;
	static struct runtime_result result;
	struct runtime_call made = {
		.export_name = call->export_name,
		.signature = call->signature,
		.args = call->args,
		.args_len = call->args_len,
		.timeout_ms = CALL_MS,
		.keep = ++instance,
		.session = session,
		.value = value,
		.value_size = sizeof(value),
	};
	int error = keep(call, &made);

	for (int run = 0; !error && run < RUNS; run++) {
		error = hal_session_try_begin(session);
		if (error) {
			break;
		}
		uint32_t began = k_cycle_get_32();

		runtime_run(0, &made, &result);
		uint32_t ended = k_cycle_get_32();

		hal_session_end(session, false);
		hal_session_unlock(session);
		printk("bench %s %u %s %s\n", call->name, ended - began,
		       codec_outcome_name(result.outcome), result.message);
	}
	runtime_release(instance);
	return error;
}

static int start(void)
{
	int error = base_init();

	if (!error) {
		error = flash_init();
	}
	if (!error) {
		devices_init();
		error = store_mount();
	}
	if (!error) {
		error = hal_open();
	}
	if (!error) {
		error = runtime_init();
	}
	return error ? error : bench_grant_all(&session);
}

int main(void)
{
	int error = start();
	uint32_t began = k_cycle_get_32();

	loop(LOOP);
	printk("bench loop %u completed\n", k_cycle_get_32() - began);
	if (!error) {
		error = measure_driver("transfers", transfers);
	}
	if (!error) {
		error = measure_driver("switches", switches);
	}
	for (size_t index = 0; !error && index < bench_calls_count; index++) {
		error = measure(&bench_calls[index]);
	}
	printk("bench ended %d\n", error);
	return 0;
}
