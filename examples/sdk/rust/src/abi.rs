//! The canonical ABI, as far as the imports need it.

use alloc::alloc::{Layout, alloc, dealloc, realloc};

/// The area that a host function writes its result into. Large enough for all of ours.
#[repr(C, align(8))]
pub struct Area(pub [u32; 4]);

impl Area {
    pub const fn new() -> Self {
        Area([0; 4])
    }

    pub fn as_ptr(&mut self) -> *mut u8 {
        self.0.as_mut_ptr().cast()
    }

    /// Of an option 0 is none, of a result 0 is success.
    pub fn case(&self) -> u8 {
        self.byte(0)
    }

    pub fn is_error(&self) -> bool {
        self.case() != 0
    }

    /// Byte `at` of the area.
    pub fn byte(&self, at: usize) -> u8 {
        self.0[at / 4].to_le_bytes()[at % 4]
    }

    /// The list whose pointer and length stand at word `at`.
    ///
    /// # Safety
    /// The host has written a list of `T` there, and nobody has taken it.
    pub unsafe fn list<T>(&self, at: usize) -> List<T> {
        List {
            data: self.0[at] as usize as *mut T,
            count: self.0[at + 1] as usize,
        }
    }
}

/// A list that the host has allocated here; goes back to the heap when dropped.
#[repr(C)]
pub struct List<T> {
    data: *mut T,
    count: usize,
}

impl<T> List<T> {
    pub fn as_slice(&self) -> &[T] {
        match self.count {
            0 => &[],
            _ => unsafe { core::slice::from_raw_parts(self.data, self.count) },
        }
    }
}

impl List<u8> {
    /// Fills `buffer`; false where the host gave another number of bytes than was asked for.
    pub fn copy_to(&self, buffer: &mut [u8]) -> bool {
        let same = self.count == buffer.len();
        if same {
            buffer.copy_from_slice(self.as_slice());
        }
        same
    }
}

impl<T> Drop for List<T> {
    fn drop(&mut self) {
        if self.count > 0 {
            unsafe {
                core::ptr::drop_in_place(core::ptr::slice_from_raw_parts_mut(
                    self.data, self.count,
                ));
                dealloc(
                    self.data.cast(),
                    Layout::array::<T>(self.count).unwrap_unchecked(),
                );
            }
        }
    }
}

/// Drops the text of an `other(string)` at words 2 and 3 of the area.
pub fn drop_text(area: &Area) {
    drop(unsafe { area.list::<u8>(2) });
}

/// Where the host puts lists and texts.
///
/// # Safety
/// Called by the host alone, as the canonical ABI says.
#[cfg(target_arch = "wasm32")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cabi_realloc(
    old: *mut u8,
    old_size: usize,
    align: usize,
    size: usize,
) -> *mut u8 {
    if size == 0 {
        return align as *mut u8;
    }
    let block = unsafe {
        match old_size {
            0 => alloc(Layout::from_size_align_unchecked(size, align)),
            _ => realloc(
                old,
                Layout::from_size_align_unchecked(old_size, align),
                size,
            ),
        }
    };
    if block.is_null() {
        core::arch::wasm32::unreachable()
    }
    block
}
