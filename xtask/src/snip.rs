//! Takes out of a WebAssembly module what only writes the messages of panics.
//!
//! A panic in the package traps and tells nobody why (`session-wasm/src/runtime.rs`), but the
//! compiler cannot know that formatting a message for it is in vain, and the standard library
//! comes precompiled. So each such function becomes a trap itself, what only they called goes, and
//! their texts, which stay where ours are, are erased: nothing compresses better than zeros.

use anyhow::{Context, Result};
use walrus::{FunctionBuilder, FunctionKind, LocalFunction, Module};

/// Parts of mangled names. No formatting happens in the package but for panics: its texts are
/// constants, or come from its input.
const ONLY_FOR_PANICS: [&str; 5] =
    ["4core3fmt", "4core9panicking", "slice_index_fail", "len_mismatch_fail", "capacity_overflow"];

pub(crate) fn panic_messages(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut module = Module::from_buffer(wasm).context("the compiler's output is not WebAssembly")?;
    let ids: Vec<_> = module.funcs.iter_local().map(|(id, _)| id).collect();
    for id in ids {
        let name = module.funcs.get(id).name.clone().unwrap_or_default();
        if ONLY_FOR_PANICS.iter().any(|part| name.contains(part)) {
            module.funcs.get_mut(id).kind = FunctionKind::Local(trap_like(&mut module, id));
        }
    }
    let ids: Vec<_> = module.data.iter().map(walrus::Data::id).collect();
    for id in ids {
        erase_texts(&mut module.data.get_mut(id).value);
    }
    walrus::passes::gc::run(&mut module);
    Ok(module.emit_wasm())
}

fn trap_like(module: &mut Module, id: walrus::FunctionId) -> LocalFunction {
    let ty = module.types.get(module.funcs.get(id).ty());
    let (params, results) = (ty.params().to_vec(), ty.results().to_vec());
    let args = params.iter().map(|&param| module.locals.add(param)).collect();
    let mut function = FunctionBuilder::new(&mut module.types, &params, &results);
    function.func_body().unreachable();
    function.local_func(args)
}

/// How what panics say begins, and ends. Where no formatting happens, nothing reads these texts, the
/// source files that they name, and the digits that they count with.
const SAID_BY_PANICS: [(&[u8], &[u8]); 16] = [
    (b"slice index starts at ", b" but ends at "),
    (b"range start index ", b""),
    (b"range end index ", b""),
    (b" out of range for slice of length ", b""),
    (b"memory allocation of ", b" bytes failed"),
    (b"mid > len", b""),
    (b"index out of bounds: the len is ", b" but the index is "),
    (b"&copy_from_slice: source slice length (", b") does not match destination slice length ("),
    (b"insertion index (is ", b") should be <= len (is "),
    (b"attempt to divide by zero", b""),
    (b"capacity overflow", b""),
    (b"00010203", b"96979899"),
    (b"/cargo/registry/", b".rs"),
    (b"/rustc/", b".rs"),
    (b"session-core/src/", b".rs"),
    (b"session-wasm/src/", b".rs"),
];

/// The digits from 00 to 99 are the longest.
const LONGEST_TEXT: usize = 200;

fn erase_texts(data: &mut [u8]) {
    for (begin, end) in SAID_BY_PANICS {
        let mut rest = &mut *data;
        while let Some(start) = find(rest, begin) {
            let (_, text) = rest.split_at_mut(start);
            let behind = begin.len();
            // No text of ours begins like one and goes on for longer than a path or a message may.
            let within = text.len().min(behind + LONGEST_TEXT);
            let length = find(&text[behind..within], end).map_or(0, |at| behind + at + end.len());
            text[..length].fill(0);
            rest = &mut text[length.max(behind)..];
        }
    }
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    (0..=bytes.len().checked_sub(part.len())?).find(|&at| bytes[at..].starts_with(part))
}

#[cfg(test)]
mod tests {
    use super::erase_texts;

    #[test]
    fn what_a_panic_says_is_erased_and_what_stands_beside_it_stays() {
        let mut data = *b"ambiguoussession-core/src/key.rs\0session-cookie/v1:/rustc/0/core.rsmid > len!";
        erase_texts(&mut data);
        let kept: Vec<u8> = data.into_iter().filter(|&byte| byte != 0).collect();
        assert_eq!(kept, b"ambiguoussession-cookie/v1:!");
    }
}
