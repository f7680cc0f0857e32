//! embedded-hal 1.0 over the host interfaces, so that driver crates work in a function unchanged.
//!
//! | type | implements | obtained by |
//! | --- | --- | --- |
//! | [`I2c`] | `embedded_hal::i2c::I2c`, 7 and 10 bits | `I2c::open("line1-temp")` |
//! | [`SpiDevice`] | `embedded_hal::spi::SpiDevice` | `SpiDevice::open("vib-1")` |
//! | [`OutputPin`], [`StatefulOutputPin`], [`InputPin`] | the traits of these names | `OutputPin::open("motor-1")` |
//! | [`Delay`] | `embedded_hal::delay::DelayNs` | `Delay::open()` |
//!
//! [`config`] reads what the deployment says. Names are those of the proplet's profile. The crate
//! declares the imports itself, in the smallest form; the exports are a matter of wit-bindgen.
#![no_std]

extern crate alloc;

mod abi;
mod config;
mod delay;
mod gpio;
mod heap;
mod i2c;
mod spi;

pub use config::{config, decimal};
pub use delay::Delay;
pub use embedded_hal;
pub use gpio::{InputPin, OutputPin, PinError, StatefulOutputPin};
pub use heap::Heap;
pub use i2c::{BusError, I2c, Refusal};
pub use spi::{SpiDevice, SpiError};

/// What a module for a microcontroller needs in place of std: a heap of so many bytes that never
/// asks for more memory, and a panic that is a trap.
#[macro_export]
macro_rules! microcontroller {
    (heap: $bytes:expr) => {
        #[cfg(target_arch = "wasm32")]
        #[global_allocator]
        static HEAP: $crate::Heap<{ $bytes }> = $crate::Heap::new();

        #[cfg(target_arch = "wasm32")]
        #[panic_handler]
        fn trap(_: &core::panic::PanicInfo) -> ! {
            core::arch::wasm32::unreachable()
        }
    };
}

/// The traits of embedded-hal, to call their methods.
pub mod prelude {
    pub use embedded_hal::delay::DelayNs as _;
    pub use embedded_hal::digital::{InputPin as _, OutputPin as _, StatefulOutputPin as _};
    pub use embedded_hal::i2c::I2c as _;
    pub use embedded_hal::spi::SpiDevice as _;
}
