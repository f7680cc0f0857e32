//! Each function runs the driver of a crate as that crate's own documentation does, and puts what it
//! read into `VALUES`. It gives how many values there are; a driver that is not content is a trap.

mod bytewise;

use bytewise::{ByteBus, ChipSelect};
use core::convert::Infallible;
use samara_guest::embedded_hal::digital::{ErrorType, OutputPin};
use samara_guest::{Delay, I2c, SpiDevice};

static mut VALUES: [f64; 8] = [0.0; 8];

#[unsafe(no_mangle)]
pub extern "C" fn values() -> *const f64 {
    (&raw const VALUES).cast()
}

fn give(values: &[f64]) -> u32 {
    let kept = unsafe { &mut *(&raw mut VALUES) };
    kept[..values.len()].copy_from_slice(values);
    values.len() as u32
}

fn bus() -> I2c {
    I2c::open("bus").unwrap()
}

fn chip() -> SpiDevice {
    SpiDevice::open("chip").unwrap()
}

/// Temperature, pressure, humidity.
#[unsafe(no_mangle)]
pub extern "C" fn bme280_i2c() -> u32 {
    let mut delay = Delay::open();
    let mut sensor = bme280::i2c::BME280::new_primary(bus());
    sensor.init(&mut delay).unwrap();
    let read = sensor.measure(&mut delay).unwrap();
    give(&[read.temperature.into(), read.pressure.into(), read.humidity.into()])
}

#[unsafe(no_mangle)]
pub extern "C" fn bme280_multibus() -> u32 {
    use bme280_multibus::{Bme280, Config, CtrlMeas, Filter, Mode, Oversampling, Settings, Standby};
    use samara_guest::prelude::*;
    let mut delay = Delay::open();
    let mut sensor = Bme280::from_spi1(chip()).unwrap();
    sensor.reset().unwrap();
    delay.delay_ms(2);
    assert_eq!(sensor.chip_id().unwrap(), bme280_multibus::CHIP_ID);
    let settings = Settings {
        config: Config::RESET.set_standby_time(Standby::Millis125).set_filter(Filter::X8),
        ctrl_meas: CtrlMeas::RESET
            .set_osrs_t(Oversampling::X8)
            .set_osrs_p(Oversampling::X8)
            .set_mode(Mode::Normal),
        ctrl_hum: Oversampling::X8,
    };
    sensor.settings(&settings).unwrap();
    delay.delay_ms(250);
    let read = sensor.sample().unwrap();
    give(&[read.temperature.into(), read.pressure.into(), read.humidity.into()])
}

/// In normal mode: this crate looks for the end of a forced measurement at another bit than the data sheet has.
#[unsafe(no_mangle)]
pub extern "C" fn bme280_rs() -> u32 {
    use bme280_rs::{Bme280, Configuration, Oversampling, SensorMode};
    use samara_guest::prelude::*;
    let mut sensor = Bme280::new(bus(), Delay::open());
    sensor.init().unwrap();
    let configuration = Configuration::default()
        .with_temperature_oversampling(Oversampling::Oversample1)
        .with_pressure_oversampling(Oversampling::Oversample1)
        .with_humidity_oversampling(Oversampling::Oversample1)
        .with_sensor_mode(SensorMode::Normal);
    sensor.set_sampling_configuration(configuration).unwrap();
    Delay::open().delay_ms(10);
    let read = sensor.read_sample().unwrap();
    let [temperature, pressure, humidity] = [read.temperature, read.pressure, read.humidity].map(Option::unwrap);
    give(&[temperature.into(), pressure.into(), humidity.into()])
}

#[unsafe(no_mangle)]
pub extern "C" fn lm75() -> u32 {
    let mut sensor = lm75::Lm75::new(bus(), lm75::Address::default());
    sensor.set_os_temperature(60.5).unwrap();
    sensor.set_hysteresis_temperature(-20.0).unwrap();
    sensor.set_fault_queue(lm75::FaultQueue::_2).unwrap();
    give(&[sensor.read_temperature().unwrap().into()])
}

/// Two pages written, one read back over the end of both; gives the bytes.
#[unsafe(no_mangle)]
pub extern "C" fn eeprom24x() -> u32 {
    use eeprom24x::{Eeprom24x, SlaveAddr};
    use samara_guest::prelude::*;
    let mut delay = Delay::open();
    let mut memory = Eeprom24x::new_24x32(bus(), SlaveAddr::default());
    memory.write_page(0x20, &[1, 2, 3, 4]).unwrap();
    delay.delay_ms(5);
    memory.write_page(0x3e, &[5, 6]).unwrap();
    while memory.read_byte(0).is_err() {
        delay.delay_ms(1);
    }
    let mut read = [0; 6];
    memory.read_data(0x20, &mut read[..4]).unwrap();
    memory.read_data(0x3e, &mut read[4..]).unwrap();
    give(&read.map(f64::from))
}

struct Unused;

impl ErrorType for Unused {
    type Error = Infallible;
}

impl OutputPin for Unused {
    fn set_low(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
    fn set_high(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A sector erased and written over the end of a page, then erased again; gives bytes of before and after.
#[unsafe(no_mangle)]
pub extern "C" fn w25q32jv() -> u32 {
    let mut memory = w25q32jv::W25q32jv::new(chip(), Unused, Unused).unwrap();
    assert_ne!(memory.device_id().unwrap(), [0xff; 8]);
    memory.erase_sector(1).unwrap();
    memory.write_blocking(0x10fe, &[1, 2, 3, 4]).unwrap();
    let mut written = [0; 4];
    memory.read(0x10fe, &mut written).unwrap();
    memory.erase_range(0x1000, 0x2000).unwrap();
    let mut erased = [0; 4];
    memory.read(0x10fe, &mut erased).unwrap();
    let mut read = [0.0; 8];
    for (value, byte) in read.iter_mut().zip(written.into_iter().chain(erased)) {
        *value = byte.into();
    }
    give(&read)
}

/// In m/s².
#[unsafe(no_mangle)]
pub extern "C" fn adxl345() -> u32 {
    use adxl345_eh_driver::{Driver, GRange, OutputDataRate, address};
    use samara_guest::prelude::*;
    let mut sensor = Driver::new(bus(), Some(address::SECONDARY)).unwrap();
    sensor.set_range(GRange::Two).unwrap();
    sensor.set_datarate(OutputDataRate::Hz100).unwrap();
    Delay::open().delay_ms(20);
    let (x, y, z) = sensor.get_accel().unwrap();
    give(&[x.into(), y.into(), z.into()])
}

/// Counts of 16 bits.
#[unsafe(no_mangle)]
pub extern "C" fn lis2dw12() -> u32 {
    use lis2dw12::{Lis2dw12, OperatingMode, OutputDataRate};
    use samara_guest::prelude::*;
    let mut sensor = Lis2dw12::new(ByteBus, ChipSelect);
    sensor.check_who_am_i().unwrap();
    sensor.set_operating_mode(OperatingMode::HighPerformance).unwrap();
    sensor.set_output_data_rate(OutputDataRate::Hp100HzLp100Hz).unwrap();
    Delay::open().delay_ms(20);
    let read = sensor.get_raw().unwrap();
    give(&[read.x.into(), read.y.into(), read.z.into()])
}
