//! A WASI 0.2 command: greets on stdout, copies stdin to stdout in upper case, writes one line to
//! stderr and leaves with the exit code it was given.
//!
//!   component-command [name] [exit code]     environment: GREETING, printed as a line if set
//!
//! WASI 0.2 knows success and failure alone: every code but 0 reaches the host as failure.
//! Build: npm run build:examples component-command
//! Run: submit component-command.wasm with the arguments ["ada", "0"] and the stdin "quiet please".

use std::io::{self, Read, Write};
use std::process::ExitCode;

fn main() -> io::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().collect();
    let mut out = io::stdout().lock();

    writeln!(
        out,
        "hello {}",
        arguments.get(1).map_or("world", String::as_str)
    )?;
    if let Ok(greeting) = std::env::var("GREETING") {
        writeln!(out, "{greeting}")?;
    }

    let mut input = Vec::new();
    io::stdin().read_to_end(&mut input)?;
    out.write_all(&input.to_ascii_uppercase())?;
    out.flush()?;
    eprintln!("component-command: bytes copied: {}", input.len());

    let code = arguments
        .get(2)
        .and_then(|code| code.parse().ok())
        .unwrap_or(0);
    Ok(ExitCode::from(code))
}
