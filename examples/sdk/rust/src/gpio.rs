use crate::abi::{Area, drop_text};
use embedded_hal::digital::{self, Error, ErrorKind, ErrorType};

type Asked = unsafe extern "C" fn(u32, *mut u8);

#[link(wasm_import_module = "wasi:gpio/digital@0.2.0")]
unsafe extern "C" {
    #[link_name = "open-output"]
    fn open_output(name: *const u8, length: usize, area: *mut u8);
    #[link_name = "open-stateful-output"]
    fn open_stateful_output(name: *const u8, length: usize, area: *mut u8);
    #[link_name = "open-input"]
    fn open_input(name: *const u8, length: usize, area: *mut u8);

    #[link_name = "[method]output-pin.set-low"]
    fn output_low(handle: u32, area: *mut u8);
    #[link_name = "[method]output-pin.set-high"]
    fn output_high(handle: u32, area: *mut u8);
    #[link_name = "[resource-drop]output-pin"]
    fn drop_output(handle: u32);

    #[link_name = "[method]stateful-output-pin.set-low"]
    fn stateful_low(handle: u32, area: *mut u8);
    #[link_name = "[method]stateful-output-pin.set-high"]
    fn stateful_high(handle: u32, area: *mut u8);
    #[link_name = "[method]stateful-output-pin.is-set-high"]
    fn stateful_is_high(handle: u32, area: *mut u8);
    #[link_name = "[method]stateful-output-pin.is-set-low"]
    fn stateful_is_low(handle: u32, area: *mut u8);
    #[link_name = "[method]stateful-output-pin.toggle"]
    fn stateful_toggle(handle: u32, area: *mut u8);
    #[link_name = "[resource-drop]stateful-output-pin"]
    fn drop_stateful(handle: u32);

    #[link_name = "[method]input-pin.is-high"]
    fn input_is_high(handle: u32, area: *mut u8);
    #[link_name = "[method]input-pin.is-low"]
    fn input_is_low(handle: u32, area: *mut u8);
    #[link_name = "[resource-drop]input-pin"]
    fn drop_input(handle: u32);
}

/// The line could not be driven or read, or was refused; the proplet's log says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinError;

impl Error for PinError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

fn checked(area: Area) -> Result<Area, PinError> {
    if area.is_error() {
        drop_text(&area);
        return Err(PinError);
    }
    Ok(area)
}

fn open(how: unsafe extern "C" fn(*const u8, usize, *mut u8), name: &str) -> Result<u32, PinError> {
    let mut area = Area::new();
    unsafe { how(name.as_ptr(), name.len(), area.as_ptr()) };
    Ok(checked(area)?.0[1])
}

/// A result without a value, or with a bool.
fn ask(what: Asked, handle: u32) -> Result<bool, PinError> {
    let mut area = Area::new();
    unsafe { what(handle, area.as_ptr()) };
    Ok(checked(area)?.byte(4) != 0)
}

macro_rules! pin {
    ($(#[$doc:meta])* $name:ident, $open:ident, $drop:ident) => {
        $(#[$doc])*
        pub struct $name(u32);

        impl $name {
            pub fn open(name: &str) -> Result<Self, PinError> {
                open($open, name).map($name)
            }
        }

        impl ErrorType for $name {
            type Error = PinError;
        }

        impl Drop for $name {
            fn drop(&mut self) {
                unsafe { $drop(self.0) }
            }
        }
    };
}

pin!(
    /// High is active: the profile knows whether the line is turned round.
    OutputPin,
    open_output,
    drop_output
);
pin!(
    /// An output that knows what it was set to.
    StatefulOutputPin,
    open_stateful_output,
    drop_stateful
);
pin!(InputPin, open_input, drop_input);

impl digital::OutputPin for OutputPin {
    fn set_low(&mut self) -> Result<(), PinError> {
        ask(output_low, self.0).map(drop)
    }
    fn set_high(&mut self) -> Result<(), PinError> {
        ask(output_high, self.0).map(drop)
    }
}

impl digital::OutputPin for StatefulOutputPin {
    fn set_low(&mut self) -> Result<(), PinError> {
        ask(stateful_low, self.0).map(drop)
    }
    fn set_high(&mut self) -> Result<(), PinError> {
        ask(stateful_high, self.0).map(drop)
    }
}

impl digital::StatefulOutputPin for StatefulOutputPin {
    fn is_set_high(&mut self) -> Result<bool, PinError> {
        ask(stateful_is_high, self.0)
    }
    fn is_set_low(&mut self) -> Result<bool, PinError> {
        ask(stateful_is_low, self.0)
    }
    fn toggle(&mut self) -> Result<(), PinError> {
        ask(stateful_toggle, self.0).map(drop)
    }
}

impl digital::InputPin for InputPin {
    fn is_high(&mut self) -> Result<bool, PinError> {
        ask(input_is_high, self.0)
    }
    fn is_low(&mut self) -> Result<bool, PinError> {
        ask(input_is_low, self.0)
    }
}
