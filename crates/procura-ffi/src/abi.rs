//! Four C functions over pointers and lengths: the only unsafe code of the workspace.
//!
//! **Invariant:** memory that the host gives is read for as long as a call lasts and
//! not kept; memory that the host gets stays its own until it gives it back.
//!
//! On WASM a pointer is a place in the module's memory, so a request is written into
//! memory of [`procura_alloc`]. A shared library reads it wherever it is.
#![expect(unsafe_code, reason = "a C ABI passes pointers, and its names are not mangled")]

use crate::{ABI, INPUT_BYTES, call, too_long};

/// The version of the ABI. A host that knows another one stops here.
#[unsafe(no_mangle)]
extern "C" fn procura_abi() -> u32 {
    ABI
}

/// `len` zeros, or null if that is more than a request may have or than there is.
#[unsafe(no_mangle)]
extern "C" fn procura_alloc(len: usize) -> *mut u8 {
    let mut bytes = Vec::new();
    if len > INPUT_BYTES || bytes.try_reserve_exact(len).is_err() {
        return std::ptr::null_mut();
    }
    bytes.resize(len, 0);
    give(bytes)
}

/// Takes back what [`procura_alloc`] or [`procura_call`] gave; null is nothing.
///
/// # Safety
///
/// `ptr` came from one of them and was not given back before. `len` is the length
/// that was asked for, or four more than the length of the answer.
#[unsafe(no_mangle)]
unsafe extern "C" fn procura_free(ptr: *mut u8, len: usize) {
    if !ptr.is_null() {
        let bytes = std::ptr::slice_from_raw_parts_mut(ptr, len);
        // SAFETY: `give` made it from a box of this length, says the caller.
        drop(unsafe { Box::from_raw(bytes) });
    }
}

/// Answers the request at `ptr`: four bytes of length, little end first, then the answer.
///
/// # Safety
///
/// `ptr` is null, or `len` bytes may be read there until this returns.
#[unsafe(no_mangle)]
unsafe extern "C" fn procura_call(ptr: *const u8, len: usize) -> *mut u8 {
    let answer = if ptr.is_null() || len == 0 {
        call(b"")
    } else if len > INPUT_BYTES {
        // Nothing is read.
        too_long()
    } else {
        // SAFETY: it is not null, and the caller says that it may be read. `len` is
        // far below the longest slice.
        call(unsafe { std::slice::from_raw_parts(ptr, len) })
    };
    // A longer answer than four bytes can count is none.
    let (length, answer) = match u32::try_from(answer.len()) {
        Ok(length) => (length, answer),
        Err(_) => (0, Vec::new()),
    };
    give([length.to_le_bytes().as_slice(), &answer].concat())
}

fn give(bytes: Vec<u8>) -> *mut u8 {
    Box::into_raw(bytes.into_boxed_slice()).cast()
}
