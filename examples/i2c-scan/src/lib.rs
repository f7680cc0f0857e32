//! Which chips answer on an i2c bus: std and wit-bindgen as they come, nothing of ours.
//!
//!   scan(bus: i2c, addresses: list<address>) -> result<list<address>, string>
//!
//! Lowered core: cargo build --release --target wasm32-unknown-unknown
//! Component:    cargo build --release --target wasm32-wasip2
//! Run: samara run i2c-scan.wasm --export scan '{"device": "line1-temp"}' '[112, 118]'

wit_bindgen::generate!({ path: "wit", world: "i2c-scan", generate_all });

use wasi::i2c::i2c::ErrorCode;

struct Scan;

impl Guest for Scan {
    fn scan(bus: I2c, addresses: Vec<u16>) -> Result<Vec<u16>, String> {
        let mut found = Vec::new();
        for address in addresses {
            // A write of no bytes is the address and a stop: nothing in a chip changes.
            match bus.write(address, &[]) {
                Ok(()) => found.push(address),
                Err(ErrorCode::NoAcknowledge(_)) => {}
                Err(error) => return Err(format!("address {address:#04x}: {error:?}")),
            }
        }
        Ok(found)
    }
}

export!(Scan);
