//! Gives back every kind of WIT value, to see that each survives the way in and out.
//!
//! The signatures are in `wit/values.wit`: `echo-<type>` for each type, `stats`, `fail` with an
//! error result, `panic` with a trap, and `total` in the exported interface `samara:values/sums`.
//!
//! Built twice: `values.wasm` is the lowered core with its component type embedded,
//! `values.component.wasm` the component around it. Build: npm run build:examples values
//! Run: submit values.component.wasm and call `echo-tuple` with [[7, "seven", true]].

wit_bindgen::generate!({ path: "wit", world: "values" });

use exports::samara::values::sums;

struct Values;

impl sums::Guest for Values {
    fn total(values: Vec<i64>) -> i64 {
        values.iter().fold(0, |sum, value| sum.wrapping_add(*value))
    }
}

impl Guest for Values {
    fn echo_bool(value: bool) -> bool {
        value
    }
    fn echo_s8(value: i8) -> i8 {
        value
    }
    fn echo_s16(value: i16) -> i16 {
        value
    }
    fn echo_s32(value: i32) -> i32 {
        value
    }
    fn echo_s64(value: i64) -> i64 {
        value
    }
    fn echo_u8(value: u8) -> u8 {
        value
    }
    fn echo_u16(value: u16) -> u16 {
        value
    }
    fn echo_u32(value: u32) -> u32 {
        value
    }
    fn echo_u64(value: u64) -> u64 {
        value
    }
    fn echo_f32(value: f32) -> f32 {
        value
    }
    fn echo_f64(value: f64) -> f64 {
        value
    }
    fn echo_char(value: char) -> char {
        value
    }
    fn echo_string(value: String) -> String {
        value
    }

    fn echo_list_u8(value: Vec<u8>) -> Vec<u8> {
        value
    }
    fn echo_list_string(value: Vec<String>) -> Vec<String> {
        value
    }
    fn echo_list_result(value: Vec<Result<String, u32>>) -> Vec<Result<String, u32>> {
        value
    }
    fn echo_record(value: Label) -> Label {
        value
    }
    fn echo_variant(value: Shape) -> Shape {
        value
    }
    fn echo_enum(value: Colour) -> Colour {
        value
    }
    fn echo_flags(value: Days) -> Days {
        value
    }
    fn echo_option(value: Option<String>) -> Option<String> {
        value
    }
    fn echo_option_option(value: Option<Option<u32>>) -> Option<Option<u32>> {
        value
    }
    fn echo_result(value: Result<String, u32>) -> Result<String, u32> {
        value
    }
    fn echo_result_empty(value: Result<(), ()>) -> Result<(), ()> {
        value
    }
    fn echo_tuple(value: (u32, String, bool)) -> (u32, String, bool) {
        value
    }
    fn echo_many(
        flag: bool,
        number: i64,
        text: String,
        items: Vec<f64>,
    ) -> (bool, i64, String, Vec<f64>) {
        (flag, number, text, items)
    }
    fn echo_none(_value: String) {}

    fn stats(samples: Vec<f64>) -> Summary {
        if samples.is_empty() {
            return Summary {
                mean: 0.0,
                min: 0.0,
                max: 0.0,
                count: 0,
            };
        }
        Summary {
            mean: samples.iter().sum::<f64>() / samples.len() as f64,
            min: samples.iter().copied().fold(f64::INFINITY, f64::min),
            max: samples.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            count: samples.len() as u32,
        }
    }

    fn fail(reason: String) -> Result<(), String> {
        if reason.is_empty() {
            Ok(())
        } else {
            Err(reason)
        }
    }

    fn panic() {
        panic!("asked to");
    }
}

export!(Values);
