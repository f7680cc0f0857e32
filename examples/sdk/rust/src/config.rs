use crate::abi::Area;
use alloc::string::String;

#[link(wasm_import_module = "samara:device/config@0.1.0")]
unsafe extern "C" {
    #[link_name = "get"]
    fn get(key: *const u8, length: usize, area: *mut u8);
}

/// What the deployment or the caller says under `key`: the `env` of a call.
pub fn config(key: &str) -> Option<String> {
    let mut area = Area::new();
    unsafe { get(key.as_ptr(), key.len(), area.as_ptr()) };
    if area.case() == 0 {
        return None;
    }
    let text = unsafe { area.list::<u8>(1) };
    // WIT strings are UTF-8; whoever hosts us has checked it.
    Some(unsafe { core::str::from_utf8_unchecked(text.as_slice()) }.into())
}

/// A decimal number of the configuration, times ten to the `places`: `decimal("SET_POINT", 2)` of `21.5` is 2150.
/// Rust's own float parser is larger than most functions. None where it is missing or no such number.
pub fn decimal(key: &str, places: u32) -> Option<i32> {
    let text = config(key)?;
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.as_str()),
    };
    let (mut value, mut left, mut after_point) = (0i32, places, false);
    for byte in digits.bytes() {
        match byte {
            b'.' if !after_point => after_point = true,
            b'0'..=b'9' if after_point && left == 0 => {}
            b'0'..=b'9' => {
                value = value.checked_mul(10)?.checked_add((byte - b'0').into())?;
                left -= after_point as u32;
            }
            _ => return None,
        }
    }
    value.checked_mul(sign * 10i32.checked_pow(left)?)
}
