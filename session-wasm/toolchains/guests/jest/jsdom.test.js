test('jsdom counts as a page, so the cookie module is refused there, and says why', async () => {
  await expect(import('session-wasm/cookie')).rejects.toThrow(/no page may have it/);
});
