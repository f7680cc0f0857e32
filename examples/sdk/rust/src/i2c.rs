use crate::abi::{Area, List};
use alloc::vec::Vec;
use embedded_hal::i2c::{AddressMode, Error, ErrorKind, ErrorType, NoAcknowledgeSource, Operation};

#[link(wasm_import_module = "samara:device/open@0.1.0")]
unsafe extern "C" {
    #[link_name = "open-i2c"]
    fn open_i2c(name: *const u8, length: usize, area: *mut u8);
}

#[link(wasm_import_module = "wasi:i2c/i2c@0.2.0-draft")]
unsafe extern "C" {
    #[link_name = "[method]i2c.transaction"]
    fn transaction(handle: u32, address: u32, operations: *const Step, count: usize, area: *mut u8);
    #[link_name = "[resource-drop]i2c"]
    fn drop_i2c(handle: u32);
}

/// `operation` of the interface, as the ABI lays it out.
#[repr(C, align(8))]
struct Step {
    is_write: u32,
    _pad: u32,
    /// Of a read its length in 64 bits, of a write pointer and length.
    payload: [u32; 2],
}

impl Step {
    fn of(operation: &Operation) -> Self {
        let (is_write, payload) = match operation {
            Operation::Read(buffer) => (0, [buffer.len() as u32, 0]),
            Operation::Write(bytes) => (1, [bytes.as_ptr() as usize as u32, bytes.len() as u32]),
        };
        Step {
            is_write,
            _pad: 0,
            payload,
        }
    }
}

/// Why a device was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such device, or it was not granted.
    NotGranted,
    WrongKind,
    Unavailable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BusError(ErrorKind);

impl BusError {
    fn of(area: &Area) -> Self {
        BusError(match (area.byte(4), area.byte(5)) {
            (0, _) => ErrorKind::Bus,
            (1, _) => ErrorKind::ArbitrationLoss,
            (2, 0) => ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address),
            (2, 1) => ErrorKind::NoAcknowledge(NoAcknowledgeSource::Data),
            (2, _) => ErrorKind::NoAcknowledge(NoAcknowledgeSource::Unknown),
            (3, _) => ErrorKind::Overrun,
            _ => ErrorKind::Other,
        })
    }
}

impl Error for BusError {
    fn kind(&self) -> ErrorKind {
        self.0
    }
}

/// A bus, or the part of it that was granted.
pub struct I2c(u32);

impl I2c {
    pub fn open(name: &str) -> Result<Self, Refusal> {
        let mut area = Area::new();
        unsafe { open_i2c(name.as_ptr(), name.len(), area.as_ptr()) };
        match (area.is_error(), area.byte(4)) {
            (false, _) => Ok(I2c(area.0[1])),
            (true, 0) => Err(Refusal::NotGranted),
            (true, 1) => Err(Refusal::WrongKind),
            (true, _) => Err(Refusal::Unavailable),
        }
    }
}

impl ErrorType for I2c {
    type Error = BusError;
}

impl<A: AddressMode + Into<u16>> embedded_hal::i2c::I2c<A> for I2c {
    fn transaction(&mut self, address: A, operations: &mut [Operation]) -> Result<(), BusError> {
        // A controller cannot end a read before its first byte, and nobody misses an empty one.
        let steps: Vec<Step> = operations
            .iter()
            .filter(|one| !is_empty_read(one))
            .map(Step::of)
            .collect();
        let address: u16 = address.into();
        let mut area = Area::new();
        unsafe {
            transaction(
                self.0,
                address.into(),
                steps.as_ptr(),
                steps.len(),
                area.as_ptr(),
            )
        };
        if area.is_error() {
            return Err(BusError::of(&area));
        }
        let lists = unsafe { area.list::<List<u8>>(1) };
        let mut given = lists.as_slice().iter();
        for operation in operations.iter_mut().filter(|one| !is_empty_read(one)) {
            if let Operation::Read(buffer) = operation {
                if !given.next().is_some_and(|list| list.copy_to(buffer)) {
                    return Err(BusError(ErrorKind::Overrun));
                }
            }
        }
        Ok(())
    }
}

fn is_empty_read(operation: &Operation) -> bool {
    matches!(operation, Operation::Read(buffer) if buffer.is_empty())
}

impl Drop for I2c {
    fn drop(&mut self) {
        unsafe { drop_i2c(self.0) }
    }
}
