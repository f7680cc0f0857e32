//! A thermostat: reads a BME280 on i2c and switches a relay.
//!
//!   measure() -> result<reading, string>
//!
//! Devices: `line1-temp` and `motor-1` of the profile. Without std it fits a microcontroller.
//! Build: samara build examples/thermostat
//! Run: samara deploy thermostat --on 'cell=1' --every 1s --grant asked
#![no_std]

extern crate alloc;
use alloc::string::String;
use samara_guest::prelude::*;
use samara_guest::{Delay, I2c, PinError, StatefulOutputPin, decimal};

wit_bindgen::generate!({ path: "wit", world: "thermostat", generate_all });
samara_guest::microcontroller!(heap: 512);

const SENSOR: u8 = 0x76;
const HYSTERESIS: i32 = 50; // hundredths of a degree

/// One forced measurement in hundredths of a degree, by the integer formula of the data sheet (4.2.3).
fn celsius() -> Option<i32> {
    let mut bus = I2c::open("line1-temp").ok()?;
    let (mut trim, mut raw) = ([0; 6], [0; 3]);
    bus.write(SENSOR, &[0xf4, 0b0010_0001]).ok()?; // temperature once, no pressure, forced
    Delay::open().delay_ms(4);
    bus.write_read(SENSOR, &[0x88], &mut trim).ok()?;
    bus.write_read(SENSOR, &[0xfa], &mut raw).ok()?;
    let word = |at: usize| u16::from_le_bytes([trim[at], trim[at + 1]]);
    let (t1, t2, t3) = (word(0) as i32, word(2) as i16 as i32, word(4) as i16 as i32);
    let adc = i32::from_be_bytes([0, raw[0], raw[1], raw[2]]) >> 4;
    let coarse = (((adc >> 3) - (t1 << 1)) * t2) >> 11;
    let square = ((adc >> 4) - t1) * ((adc >> 4) - t1);
    Some(((coarse + (((square >> 12) * t3) >> 14)) * 5 + 128) >> 8)
}

/// Heats below the set point, stops above it, and between the two goes on as it was.
fn switch(now: i32) -> Result<bool, PinError> {
    let set_point = decimal("SET_POINT", 2).unwrap_or(2500);
    let mut relay = StatefulOutputPin::open("motor-1")?;
    if (now - set_point).abs() > HYSTERESIS {
        relay.set_state((now < set_point).into())?;
    }
    relay.is_set_high()
}

struct Thermostat;
impl Guest for Thermostat {
    fn measure() -> Result<Reading, String> {
        let now = celsius().ok_or("sensor: no answer")?;
        let heating = switch(now).map_err(|_| "relay: not to be had")?;
        Ok(Reading {
            celsius: now as f32 / 100.0,
            heating,
        })
    }
}
export!(Thermostat);
