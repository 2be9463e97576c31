// What tools find as `session-wasm/cookie` that resolve for pages, or name no runtime. The file that is asked for
// exists nowhere, so that none of them goes on, and each says why.
export * from './session-wasm/cookie holds keys that make cookies, so no page may have it, and a server or an edge names its condition (node, deno, bun, workerd, edge-light)';
