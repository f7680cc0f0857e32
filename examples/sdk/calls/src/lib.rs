//! One export for each thing that the Rust SDK can do.
#![no_std]
extern crate alloc;
use alloc::string::String;
use samara_guest::embedded_hal::spi::Operation;
use samara_guest::{I2c, InputPin, OutputPin, SpiDevice, StatefulOutputPin, decimal, prelude::*};

wit_bindgen::generate!({ path: "wit", world: "calls", generate_all });
samara_guest::microcontroller!(heap: 1024);

fn failed<E: core::fmt::Debug>(error: E) -> String {
    alloc::format!("{error:?}")
}

struct Calls;
impl Guest for Calls {
    fn spi_register(register: u8) -> Result<u32, String> {
        let mut chip = SpiDevice::open("vib-1").map_err(failed)?;
        let mut both = [0x80 | register, 0];
        chip.transfer_in_place(&mut both).map_err(failed)?;
        Ok(both[1].into())
    }

    fn spi_sequence(register: u8) -> Result<u32, String> {
        let mut chip = SpiDevice::open("vib-1").map_err(failed)?;
        let (mut first, mut rest) = ([0; 1], [0; 2]);
        // The second is longer on its reading side: what goes out is filled up.
        let mut steps = [
            Operation::Write(&[0x80]),
            Operation::DelayNs(1000),
            Operation::Read(&mut first),
            Operation::Transfer(&mut rest, &[0]),
        ];
        steps[0] = Operation::Write(core::slice::from_ref(&register));
        chip.transaction(&mut steps).map_err(failed)?;
        Ok(u32::from_be_bytes([0, first[0], rest[0], rest[1]]))
    }

    fn pressed() -> Result<u32, String> {
        let mut button = InputPin::open("estop").map_err(failed)?;
        Ok(button.is_high().map_err(failed)?.into())
    }

    fn toggle() -> Result<u32, String> {
        let mut lamp = StatefulOutputPin::open("lamp").map_err(failed)?;
        lamp.toggle().map_err(failed)?;
        let is_high = lamp.is_set_high().map_err(failed)?;
        match lamp.is_set_low() {
            Ok(is_low) if is_low != is_high => Ok(is_high.into()),
            _ => Err("neither high nor low".into()),
        }
    }

    fn hundredths() -> Result<i32, String> {
        decimal("NUMBER", 2).ok_or("no number".into())
    }

    fn refused() -> Result<u32, String> {
        let refusals = [
            I2c::open("nobody").is_err(),
            SpiDevice::open("nobody").is_err(),
            OutputPin::open("nobody").is_err(),
            InputPin::open("nobody").is_err(),
        ];
        Ok(refusals.iter().filter(|is_refused| **is_refused).count() as u32)
    }
}
export!(Calls);
