use crate::abi::{Area, List, drop_text};
use alloc::vec::Vec;
use embedded_hal::spi::{Error, ErrorKind, ErrorType, Operation};

#[link(wasm_import_module = "wasi:spi/spi")]
unsafe extern "C" {
    #[link_name = "open"]
    fn open(name: *const u8, length: usize, area: *mut u8);
    #[link_name = "[method]spi-device.transaction"]
    fn transaction(handle: u32, operations: *const Step, count: usize, area: *mut u8);
    #[link_name = "[resource-drop]spi-device"]
    fn drop_device(handle: u32);
}

const READ: u32 = 0;
const WRITE: u32 = 1;
const TRANSFER: u32 = 2;
const DELAY: u32 = 3;

/// `operation` of the interface, as the ABI lays it out.
#[repr(C, align(8))]
struct Step {
    case: u32,
    _pad: u32,
    payload: [u32; 2],
}

/// `operation-result`.
#[repr(C)]
struct Outcome {
    case: u8,
    bytes: core::mem::ManuallyDrop<List<u8>>,
}

impl Outcome {
    fn has_bytes(&self) -> bool {
        matches!(u32::from(self.case), READ | TRANSFER)
    }
}

impl Drop for Outcome {
    fn drop(&mut self) {
        if self.has_bytes() {
            unsafe { core::mem::ManuallyDrop::drop(&mut self.bytes) }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpiError(ErrorKind);

impl SpiError {
    fn of(area: &Area) -> Self {
        SpiError(match area.byte(4) {
            0 => ErrorKind::Overrun,
            1 => ErrorKind::ModeFault,
            2 => ErrorKind::FrameFormat,
            3 => ErrorKind::ChipSelectFault,
            _ => {
                drop_text(area);
                ErrorKind::Other
            }
        })
    }
}

impl Error for SpiError {
    fn kind(&self) -> ErrorKind {
        self.0
    }
}

/// A chip with its own chip select; clock and mode are the profile's.
pub struct SpiDevice(u32);

impl SpiDevice {
    pub fn open(name: &str) -> Result<Self, SpiError> {
        let mut area = Area::new();
        unsafe { open(name.as_ptr(), name.len(), area.as_ptr()) };
        match area.is_error() {
            true => Err(SpiError::of(&area)),
            false => Ok(SpiDevice(area.0[1])),
        }
    }
}

impl ErrorType for SpiDevice {
    type Error = SpiError;
}

impl embedded_hal::spi::SpiDevice<u8> for SpiDevice {
    fn transaction(&mut self, operations: &mut [Operation<'_, u8>]) -> Result<(), SpiError> {
        // What is to go out in a transfer is padded to the longer of its two buffers, as the trait says.
        let padded: Vec<Vec<u8>> = operations.iter().map(padded).collect();
        let steps: Vec<Step> = operations.iter().zip(&padded).map(step).collect();
        let mut area = Area::new();
        unsafe { transaction(self.0, steps.as_ptr(), steps.len(), area.as_ptr()) };
        if area.is_error() {
            return Err(SpiError::of(&area));
        }
        let outcomes = unsafe { area.list::<Outcome>(1) };
        for (operation, outcome) in operations.iter_mut().zip(outcomes.as_slice()) {
            let (Operation::Read(buffer)
            | Operation::Transfer(buffer, _)
            | Operation::TransferInPlace(buffer)) = operation
            else {
                continue;
            };
            let bytes = outcome.bytes.as_slice();
            if !outcome.has_bytes() || bytes.len() < buffer.len() {
                return Err(SpiError(ErrorKind::Overrun));
            }
            buffer.copy_from_slice(&bytes[..buffer.len()]);
        }
        Ok(())
    }
}

fn padded(operation: &Operation<'_, u8>) -> Vec<u8> {
    let Operation::Transfer(read, write) = operation else {
        return Vec::new();
    };
    let mut out = Vec::with_capacity(read.len().max(write.len()));
    out.extend_from_slice(write);
    out.resize(read.len().max(write.len()), 0);
    out
}

fn step((operation, padded): (&Operation<'_, u8>, &Vec<u8>)) -> Step {
    let bytes = |bytes: &[u8]| [bytes.as_ptr() as usize as u32, bytes.len() as u32];
    let (case, payload) = match operation {
        Operation::Read(buffer) => (READ, [buffer.len() as u32, 0]),
        Operation::Write(out) => (WRITE, bytes(out)),
        Operation::Transfer(..) => (TRANSFER, bytes(padded)),
        Operation::TransferInPlace(both) => (TRANSFER, bytes(both)),
        Operation::DelayNs(ns) => (DELAY, [*ns, 0]),
    };
    Step {
        case,
        _pad: 0,
        payload,
    }
}

impl Drop for SpiDevice {
    fn drop(&mut self) {
        unsafe { drop_device(self.0) }
    }
}
