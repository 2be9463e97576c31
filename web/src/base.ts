/** Where the paths of the server begin: the page is directly beneath, at its root or at a prefix. */
export const BASE = new URL('.', location.href).href.replace(/\/$/, '');
