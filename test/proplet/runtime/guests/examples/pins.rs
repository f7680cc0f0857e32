//! Hands the answers of gpio (2025) through.
#![no_std]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;

wit_bindgen::generate!({
    path: [
        "../../../../shared/wit/gpio-2025/wasi-gpio.wit",
        "../../../../shared/wit/gpio-2025/samara-pins.wit",
        "wit/pins.wit",
    ],
    world: "test:pins/pins",
    generate_all,
});

use samara::pins::open;
use wasi::gpio::{analog::AnalogFlags, delay};

#[global_allocator]
static ARENA: hardware_guests::Arena = hardware_guests::Arena::new();

#[panic_handler]
fn trap(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

struct Pins;

impl Guest for Pins {
    fn describe_in(label: String, options: Vec<DigitalFlags>) -> Result<DigitalConfig, GpioError> {
        Ok(open::get_digital_in(&label, &options)?.get_config())
    }
    fn describe_both(
        label: String,
        options: Vec<DigitalFlags>,
    ) -> Result<DigitalConfig, GpioError> {
        Ok(open::get_digital_in_out(&label, &options)?.get_config())
    }
    fn drive(
        label: String,
        options: Vec<DigitalFlags>,
        states: Vec<PinState>,
    ) -> Result<(), GpioError> {
        let pin = open::get_digital_out(&label, &options)?;
        for state in states {
            pin.set_state(state)?;
        }
        Ok(())
    }
    fn toggle(label: String, options: Vec<DigitalFlags>) -> Result<(), GpioError> {
        open::get_digital_out(&label, &options)?.toggle()
    }
    fn read(
        label: String,
        options: Vec<DigitalFlags>,
    ) -> Result<(PinState, bool, bool), GpioError> {
        let pin = open::get_digital_in(&label, &options)?;
        Ok((pin.read()?, pin.is_active()?, pin.is_inactive()?))
    }
    fn open_analog(label: String) -> Result<(), GpioError> {
        open::get_analog_out(&label, &[AnalogFlags::ACTIVE_HIGH])?.set_value(0.5)
    }
    fn wait(us: u32) {
        delay::delay_us(us)
    }
}

export!(Pins);
