import { readFileSync } from 'node:fs';
const { now, given } = JSON.parse(readFileSync('/work/main/target/bench/first.json', 'utf8'))[process.argv[2]];
const t0=performance.now();
if(process.argv[2].endsWith('cookie')){
const { CookieVerifier } = await import('session-wasm/cookie');const t1=performance.now();
const v=new CookieVerifier({ keyRing: given.keyRing });const t2=performance.now();const r=v.verify(given.cookie, now).ok;const t3=performance.now();
console.log((t1-t0).toFixed(2),(t2-t1).toFixed(2),(t3-t2).toFixed(2),r)}else{
const { StatementVerifier } = await import('session-wasm/statement');const t1=performance.now();
const v=new StatementVerifier({ jwks: given.jwks, issuer: given.issuer });const t2=performance.now();const r=v.verify(given.statement, now).ok;const t3=performance.now();
console.log((t1-t0).toFixed(2),(t2-t1).toFixed(2),(t3-t2).toFixed(2),r)}
