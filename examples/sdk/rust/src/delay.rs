use embedded_hal::delay::DelayNs;

#[link(wasm_import_module = "samara:device/open@0.1.0")]
unsafe extern "C" {
    #[link_name = "open-delay"]
    fn open_delay() -> u32;
}

#[link(wasm_import_module = "wasi:i2c/delay@0.2.0-draft")]
unsafe extern "C" {
    #[link_name = "[method]delay.delay-ns"]
    fn delay_ns(handle: u32, ns: u32);
    #[link_name = "[resource-drop]delay"]
    fn drop_delay(handle: u32);
}

/// Waits at least so long.
pub struct Delay(u32);

impl Delay {
    pub fn open() -> Self {
        Delay(unsafe { open_delay() })
    }
}

impl DelayNs for Delay {
    fn delay_ns(&mut self, ns: u32) {
        unsafe { delay_ns(self.0, ns) }
    }
}

impl Drop for Delay {
    fn drop(&mut self) {
        unsafe { drop_delay(self.0) }
    }
}
