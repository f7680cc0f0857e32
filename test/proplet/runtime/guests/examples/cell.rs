//! Hands the answers of i2c, spi and gpio (2026) through.
#![no_std]

extern crate alloc;

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;

wit_bindgen::generate!({
    path: [
        "../../../../shared/wit/wasi-i2c.wit",
        "../../../../shared/wit/wasi-spi.wit",
        "../../../../shared/wit/wasi-io.wit",
        "../../../../shared/wit/wasi-gpio.wit",
        "../../../../shared/wit/samara-device.wit",
        "wit/clocks.wit",
        "wit/cell.wit",
    ],
    world: "test:cell/cell",
    generate_all,
});

use samara::device as ours;
use wasi::clocks::monotonic_clock;
use wasi::gpio::{digital, digital_async, pwm};
use wasi::io::poll;
use wasi::spi::spi;

#[global_allocator]
static ARENA: hardware_guests::Arena = hardware_guests::Arena::new();

#[panic_handler]
fn trap(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

struct Held(RefCell<Option<I2c>>);
// A module without shared memory has one thread.
unsafe impl Sync for Held {}
static HELD: Held = Held(RefCell::new(None));

struct Cell;

fn bus(name: &str) -> Result<I2c, Failure> {
    ours::open::open_i2c(name).map_err(Failure::Refused)
}

fn start(pin: &InputWaitPin, event: Event) -> Result<(), PinError> {
    match event {
        Event::High => pin.start_wait_high(),
        Event::Low => pin.start_wait_low(),
        Event::Rising => pin.start_wait_rising_edge(),
        Event::Falling => pin.start_wait_falling_edge(),
        Event::Any => pin.start_wait_any_edge(),
    }
}

impl Guest for Cell {
    fn i2c_transaction(
        device: String,
        address: u16,
        operations: Vec<Operation>,
    ) -> Result<Vec<Vec<u8>>, Failure> {
        bus(&device)?
            .transaction(address, &operations)
            .map_err(Failure::Bus)
    }
    fn i2c_read(device: String, address: u16, len: u64) -> Result<Vec<u8>, Failure> {
        bus(&device)?.read(address, len).map_err(Failure::Bus)
    }
    fn i2c_write(device: String, address: u16, data: Vec<u8>) -> Result<(), Failure> {
        bus(&device)?.write(address, &data).map_err(Failure::Bus)
    }
    fn i2c_write_read(
        device: String,
        address: u16,
        data: Vec<u8>,
        len: u64,
    ) -> Result<Vec<u8>, Failure> {
        bus(&device)?
            .write_read(address, &data, len)
            .map_err(Failure::Bus)
    }
    fn i2c_often(device: String, times: u32) -> Result<u32, Failure> {
        let bus = bus(&device)?;
        let mut sum = 0u32;
        for _ in 0..times {
            let read = bus.write_read(0x48, &[0], 2).map_err(Failure::Bus)?;
            sum = sum.wrapping_add(u32::from(read[0]) << 8 | u32::from(read[1]));
        }
        Ok(sum)
    }
    fn delay_ns(ns: u32) {
        ours::open::open_delay().delay_ns(ns)
    }
    fn config(key: String) -> Option<String> {
        ours::config::get(&key)
    }

    fn spi_read(device: String, len: u64) -> Result<Vec<u8>, SpiError> {
        spi::open(&device)?.read(len)
    }
    fn spi_write(device: String, data: Vec<u8>) -> Result<(), SpiError> {
        spi::open(&device)?.write(&data)
    }
    fn spi_transfer(device: String, data: Vec<u8>) -> Result<Vec<u8>, SpiError> {
        spi::open(&device)?.transfer(&data)
    }
    fn spi_transaction(
        device: String,
        operations: Vec<SpiOperation>,
    ) -> Result<Vec<OperationResult>, SpiError> {
        spi::open(&device)?.transaction(&operations)
    }

    fn set_pin(name: String, states: Vec<PinState>) -> Result<(), PinError> {
        let pin = digital::open_output(&name)?;
        for state in states {
            pin.set_state(state)?;
        }
        Ok(())
    }
    fn toggle_pin(name: String) -> Result<(bool, bool), PinError> {
        let pin = digital::open_stateful_output(&name)?;
        let before = pin.is_set_high()?;
        pin.toggle()?;
        Ok((before, pin.is_set_high()?))
    }
    fn get_pin(name: String) -> Result<(bool, bool), PinError> {
        let pin = digital::open_input(&name)?;
        Ok((pin.is_high()?, pin.is_low()?))
    }
    fn open_pwm(name: String) -> Result<(), PinError> {
        pwm::open(&name)?.set_duty_cycle_percent(50)
    }
    fn wait_pins(
        names: Vec<String>,
        event: Event,
        timeout_ns: u64,
    ) -> Result<Option<u32>, WaitError> {
        let mut pins = Vec::new();
        let mut pollables = Vec::new();
        for name in &names {
            let pin = digital_async::open_input_wait(name).map_err(WaitError::Other)?;
            start(&pin, event).map_err(WaitError::Other)?;
            pollables.push(pin.subscribe());
            pins.push(pin);
        }
        pollables.push(monotonic_clock::subscribe_duration(timeout_ns));
        let ready = poll::poll(&pollables.iter().collect::<Vec<_>>());
        match pins.get(ready[0] as usize) {
            Some(pin) => pin.finish_wait().map(|_| Some(ready[0])),
            None => Ok(None),
        }
    }
    fn wait_wrongly(name: String) -> Vec<WaitError> {
        let mut errors = vec![];
        let Ok(pin) = digital_async::open_input_wait(&name) else {
            return errors;
        };
        errors.extend(pin.finish_wait().err());
        errors.extend(pin.start_wait_high().err().map(WaitError::Other));
        errors.extend(pin.finish_wait().err());
        errors.extend(pin.start_wait_high().err().map(WaitError::Other));
        errors
    }

    fn own_i2c(bus: I2c, address: u16, len: u64) -> Result<Vec<u8>, ErrorCode> {
        bus.read(address, len)
    }
    fn lend_i2c(bus: &I2c, address: u16, len: u64) -> Result<Vec<u8>, ErrorCode> {
        bus.read(address, len)
    }
    fn take_all(
        _: I2c,
        spi: SpiDevice,
        relay: OutputPin,
        button: InputPin,
        wait: Delay,
    ) -> Result<bool, PinError> {
        wait.delay_ns(1);
        let _ = spi.write(&[1]);
        relay.set_high()?;
        button.is_high()
    }
    fn deep(_: Vec<I2c>) {}
    fn keep(bus: I2c) {
        *HELD.0.borrow_mut() = Some(bus);
    }
    fn kept(address: u16, len: u64) -> Result<Vec<u8>, ErrorCode> {
        match &*HELD.0.borrow() {
            Some(bus) => bus.read(address, len),
            None => Ok(vec![]),
        }
    }
}

export!(Cell);
