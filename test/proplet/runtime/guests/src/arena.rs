//! What the guests share: a heap that only grows, because each runs for a moment, and an end for panics.
#![no_std]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::null_mut;

const SIZE: usize = 64 * 1024;

pub struct Arena(UnsafeCell<([u8; SIZE], usize)>);

// A module without shared memory has one thread.
unsafe impl Sync for Arena {}

impl Arena {
    pub const fn new() -> Self {
        Arena(UnsafeCell::new(([0; SIZE], 0)))
    }
}

impl Default for Arena {
    fn default() -> Self {
        Self::new()
    }
}

unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (bytes, used) = unsafe { &mut *self.0.get() };
        let base = bytes.as_mut_ptr() as usize;
        let start = (base + *used).next_multiple_of(layout.align()) - base;
        if start + layout.size() > SIZE {
            return null_mut();
        }
        *used = start + layout.size();
        (base + start) as *mut u8
    }

    /// Takes back what was handed out last.
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        let (bytes, used) = unsafe { &mut *self.0.get() };
        let start = at as usize - bytes.as_mut_ptr() as usize;
        if start + layout.size() == *used {
            *used = start;
        }
    }
}
