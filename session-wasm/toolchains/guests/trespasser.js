// A page that must not be built: the cookie module needs keys that make cookies.
import { CookieVerifier } from 'session-wasm/cookie';

console.log(CookieVerifier);
