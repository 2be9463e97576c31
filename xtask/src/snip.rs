//! Takes out of a WebAssembly module what only writes the messages of panics.
//!
//! A panic in the package traps and tells nobody why (`session-wasm/src/runtime.rs`), but the
//! compiler cannot know that formatting a message for it is in vain, and the standard library
//! comes precompiled. So each such function becomes a trap itself, and what only they called goes.

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
