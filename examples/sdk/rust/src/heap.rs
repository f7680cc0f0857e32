use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::{copy_nonoverlapping, null_mut};

/// A heap of fixed size. A runtime on a microcontroller cuts the memory of a module to what it
/// declares, but only if the module never asks for more with memory.grow, as the usual heap does.
///
/// It hands out memory upwards, takes back what was handed out last, and starts anew when all has
/// come back: a call takes a little and returns it.
#[repr(C, align(8))]
pub struct Heap<const SIZE: usize>(UnsafeCell<State<SIZE>>);

#[repr(C, align(8))]
struct State<const SIZE: usize> {
    bytes: [u8; SIZE],
    used: usize,
    live: usize,
}

// A module without shared memory has one thread.
unsafe impl<const SIZE: usize> Sync for Heap<SIZE> {}

impl<const SIZE: usize> Heap<SIZE> {
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Heap(UnsafeCell::new(State {
            bytes: [0; SIZE],
            used: 0,
            live: 0,
        }))
    }
}

unsafe impl<const SIZE: usize> GlobalAlloc for Heap<SIZE> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let state = unsafe { &mut *self.0.get() };
        let start = state.used.next_multiple_of(layout.align().min(8));
        if layout.align() > 8 || layout.size() > SIZE.saturating_sub(start) {
            return null_mut();
        }
        state.used = start + layout.size();
        state.live += 1;
        unsafe { state.bytes.as_mut_ptr().add(start) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let state = unsafe { &mut *self.0.get() };
        let start = block as usize - state.bytes.as_ptr() as usize;
        state.live -= 1;
        if state.live == 0 {
            state.used = 0;
        } else if start + layout.size() == state.used {
            state.used = start;
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let state = unsafe { &mut *self.0.get() };
        let start = block as usize - state.bytes.as_ptr() as usize;
        if start + layout.size() == state.used && size <= SIZE - start {
            state.used = start + size;
            return block;
        }
        unsafe {
            let other = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !other.is_null() {
                copy_nonoverlapping(block, other, layout.size().min(size));
                self.dealloc(block, layout);
            }
            other
        }
    }
}
