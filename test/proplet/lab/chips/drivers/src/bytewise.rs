//! Drivers of embedded-hal 0.2 move one byte at a time while they hold the chip select, which wasi:spi
//! has no call for: the test bench gives it.

use core::convert::Infallible;

#[link(wasm_import_module = "bench")]
unsafe extern "C" {
    fn select();
    fn exchange(byte: u32) -> u32;
    fn deselect();
}

/// The driver that uses it clocks a byte with each call, as the controllers that it was written on do.
pub struct ByteBus;

impl old_hal::spi::FullDuplex<u8> for ByteBus {
    type Error = Infallible;

    fn send(&mut self, byte: u8) -> nb::Result<(), Infallible> {
        unsafe { exchange(byte.into()) };
        Ok(())
    }

    fn read(&mut self) -> nb::Result<u8, Infallible> {
        Ok(unsafe { exchange(0) } as u8)
    }
}

pub struct ChipSelect;

impl old_hal::digital::v2::OutputPin for ChipSelect {
    type Error = Infallible;

    fn set_low(&mut self) -> Result<(), Infallible> {
        unsafe { select() };
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        unsafe { deselect() };
        Ok(())
    }
}
