//! Summarises the samples of a production line: WIT values in and out, on a microcontroller too.
//!
//!   summarise(samples: list<f64>) -> result<summary, string>
//!   version() -> string
//!
//! The module is a lowered core: core WebAssembly with its component type embedded, no imports.
//! Build: npm run build:examples line-stats
//! Run: submit line-stats.wasm and call `summarise` with [[1, 2, 3, 4]]; the mean is 2.5.

#![no_std]

extern crate alloc;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

mod arena;

wit_bindgen::generate!({ path: "wit", world: "line-stats" });

#[global_allocator]
static ARENA: arena::Arena = arena::Arena::new();

#[panic_handler]
fn trap(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

struct LineStats;

impl Guest for LineStats {
    fn summarise(samples: Vec<f64>) -> Result<Summary, String> {
        if samples.is_empty() {
            return Err("no samples".to_string());
        }
        if samples.iter().any(|sample| sample.is_nan()) {
            return Err("a sample is not a number".to_string());
        }
        let count = samples.len() as f64;
        let mean = samples.iter().sum::<f64>() / count;
        let squares = samples
            .iter()
            .map(|sample| (sample - mean) * (sample - mean))
            .sum::<f64>();
        Ok(Summary {
            mean,
            min: samples.iter().copied().fold(f64::INFINITY, f64::min),
            max: samples.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            variance: squares / count,
            count: samples.len() as u32,
        })
    }

    fn version() -> String {
        env!("CARGO_PKG_VERSION").to_string()
    }
}

export!(LineStats);
