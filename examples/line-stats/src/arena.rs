//! A heap of fixed size. A runtime on a microcontroller cuts the memory of a module to what it
//! declares, but only if the module never asks for more with memory.grow, as the usual heap does.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::null_mut;

/// Holds 1 500 samples with room for the result.
const SIZE: usize = 12 * 1024 + 256;

struct State {
    bytes: [u8; SIZE],
    used: usize,
    live: usize,
}

/// Hands out memory upwards and starts anew when everything handed out has come back: what a call
/// takes is all returned when it ends.
pub struct Arena(UnsafeCell<State>);

// A module without shared memory has one thread.
unsafe impl Sync for Arena {}

impl Arena {
    pub const fn new() -> Self {
        Arena(UnsafeCell::new(State {
            bytes: [0; SIZE],
            used: 0,
            live: 0,
        }))
    }
}

unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let state = unsafe { &mut *self.0.get() };
        let base = state.bytes.as_mut_ptr() as usize;
        let start = (base + state.used).next_multiple_of(layout.align()) - base;
        match start.checked_add(layout.size()) {
            Some(end) if end <= SIZE => {
                state.used = end;
                state.live += 1;
                (base + start) as *mut u8
            }
            _ => null_mut(),
        }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {
        let state = unsafe { &mut *self.0.get() };
        state.live -= 1;
        if state.live == 0 {
            state.used = 0;
        }
    }
}
