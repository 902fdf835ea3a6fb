//! The guest's memory: a bump pointer over a static arena.
//!
//! An instance lives for one call, so nothing needs to be given back, and a guest that never
//! grows its memory spares the host two system calls (PLUGINS.md §0.3). When the arena runs dry
//! (hundreds of risk areas), whole pages are added; the host bounds how many.

#[cfg(target_arch = "wasm32")]
mod wasm {
    #![expect(
        unsafe_code,
        reason = "an allocator hands out raw memory; there is no safe way"
    )]

    use std::alloc::{GlobalAlloc, Layout};
    use std::cell::{Cell, UnsafeCell};

    /// With a stack of 16 KiB and the constants this fits in two pages of 64 KiB.
    const ARENA: usize = 96 * 1024;
    const PAGE: usize = 64 * 1024;

    struct Arena {
        bytes: UnsafeCell<[u8; ARENA]>,
        /// First free address and the end of the region in use; 0 before the first allocation.
        next: Cell<usize>,
        end: Cell<usize>,
    }

    // SAFETY: the build has no threads, so there is only one user at any time.
    unsafe impl Sync for Arena {}

    #[global_allocator]
    static MEMORY: Arena = Arena {
        bytes: UnsafeCell::new([0; ARENA]),
        next: Cell::new(0),
        end: Cell::new(0),
    };

    impl Arena {
        fn take(&self, size: usize, align: usize) -> Option<usize> {
            if self.end.get() == 0 {
                self.next.set(self.bytes.get() as usize);
                self.end.set(self.next.get() + ARENA);
            }
            let start = self.next.get().checked_next_multiple_of(align)?;
            let end = start.checked_add(size)?;
            if end > self.end.get() {
                self.grow(size.checked_add(align)?)?;
                return self.take(size, align);
            }
            self.next.set(end);
            Some(start)
        }

        fn grow(&self, least: usize) -> Option<()> {
            let pages = least.div_ceil(PAGE);
            let old = std::arch::wasm32::memory_grow::<0>(pages);
            if old == usize::MAX {
                return None;
            }
            let start = old.checked_mul(PAGE)?;
            if start != self.end.get() {
                self.next.set(start);
            }
            self.end.set(start.checked_add(pages.checked_mul(PAGE)?)?);
            Some(())
        }
    }

    // SAFETY: `take` returns regions that never overlap, aligned as asked, inside the arena or
    // inside pages that were just added.
    unsafe impl GlobalAlloc for Arena {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            self.take(layout.size(), layout.align())
                .map_or(std::ptr::null_mut(), |at| at as *mut u8)
        }

        unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
            if at as usize + layout.size() == self.next.get() {
                self.next.set(at as usize);
            }
        }

        unsafe fn realloc(&self, at: *mut u8, old: Layout, size: usize) -> *mut u8 {
            let is_last = at as usize + old.size() == self.next.get();
            let end = (at as usize).saturating_add(size);
            if is_last && end <= self.end.get() {
                self.next.set(end);
                return at;
            }
            let Some(new) = self.take(size, old.align()) else {
                return std::ptr::null_mut();
            };
            // SAFETY: both regions are at least this long and do not overlap.
            unsafe {
                std::ptr::copy_nonoverlapping(at, new as *mut u8, old.size().min(size));
            }
            new as *mut u8
        }
    }
}
