//! The seeds of the fuzz targets are cases of the shared vectors: for each verdict the first.
//!
//! After a change of the vectors, `WRITE_SEEDS=1 cargo test -p session-core --test fuzz_seeds`
//! writes them anew.

use std::collections::BTreeMap;
use std::{env, fs};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// By target and file name: the time of judgement, a newline, what is judged.
type Seeds = BTreeMap<String, String>;

#[test]
fn every_fuzz_seed_is_a_case_of_the_vectors() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds");
    for (name, text) in seeds() {
        let file = format!("{folder}/{name}");
        if env::var_os("WRITE_SEEDS").is_some() {
            fs::write(&file, &text).expect("the folder of seeds");
        }
        assert_eq!(fs::read_to_string(&file).ok().as_ref(), Some(&text), "seed {name}");
    }
}

fn seeds() -> Seeds {
    let mut seeds = Seeds::new();
    for case in cases(include_str!("../../vectors/cookie-v1.json"), "vectors") {
        let (verdict, now) = (verdict(&case), &case["now"]);
        let cookie = case["cookie"].as_str().expect("a cookie");
        let header = format!(
            "{now}\na=\"1; __Host-session={cookie};b=2\n__Host-session=\u{1} ;\t__Host-session=\u{2}"
        );
        seeds.entry(format!("cookie/{verdict}")).or_insert_with(|| format!("{now}\n{cookie}"));
        seeds.entry(format!("header/{verdict}")).or_insert(header);
    }
    for case in cases(include_str!("../../vectors/device-v1.json"), "vectors") {
        let (verdict, now) = (verdict(&case), &case["now"]);
        let [name, cookie] = ["user_name", "cookie"].map(|member| case[member].as_str().expect("a text"));
        seeds.entry(format!("device/{verdict}")).or_insert_with(|| format!("{now}\n{name}\n{cookie}"));
    }
    for case in cases(include_str!("../../vectors/start-v1.json"), "vectors") {
        let [credential, key] = ["credential", "key"].map(|member| case[member].as_str().expect("a text"));
        seeds.entry(format!("start/{}", verdict(&case))).or_insert_with(|| format!("0\n{credential}\n{key}"));
    }
    let file = include_str!("../../vectors/statement-v1.json");
    for case in cases(file, "vectors") {
        add_jws(&mut seeds, verdict(&case), &case, "statement");
    }
    for case in cases(include_str!("../../vectors/revocations-v1.json"), "vectors") {
        add_jws(&mut seeds, &format!("feed-{}", verdict(&case)), &case, "feed");
    }
    let jwks = serde_json::from_str::<Value>(file).expect("JSON")["jwks"].to_string();
    seeds.insert("statement/key-set".into(), format!("0\n{jwks}"));
    seeds.insert("statement/key-ring".into(), format!("0\n{}", key_ring()));
    seeds
}

/// As it is, and opened, for a signature that is always right.
fn add_jws(seeds: &mut Seeds, name: &str, case: &Value, member: &str) {
    let (now, jws) = (&case["now"], case[member].as_str().expect("a JWS"));
    seeds.entry(format!("statement/{name}")).or_insert_with(|| format!("{now}\n{jws}"));
    let parts: Vec<_> = jws.split('.').filter_map(|part| URL_SAFE_NO_PAD.decode(part).ok()).collect();
    if let [header, payload, _] = &parts[..] {
        let parts = [header, payload].map(|part| String::from_utf8_lossy(part));
        seeds
            .entry(format!("statement/{name}-parts"))
            .or_insert_with(|| format!("{now}\n{}", parts.join("\n")));
    }
}

/// The cookie keys of the vectors with the first key pair of RFC 8032 §7.1.
fn key_ring() -> Value {
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let d = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    json!({
        "cookie": { "signing": "c1", "keys": cases(include_str!("../../vectors/cookie-v1.json"), "keys") },
        "statement": { "signing": "s1", "keys": [
            { "kty": "OKP", "crv": "Ed25519", "kid": "s1", "alg": "EdDSA", "x": x, "d": d },
        ]},
    })
}

fn cases(file: &str, member: &str) -> Vec<Value> {
    let mut file: Value = serde_json::from_str(file).expect("vectors are JSON");
    serde_json::from_value(file[member].take()).expect("a list")
}

fn verdict(case: &Value) -> &str {
    case["expect"]["error"].as_str().unwrap_or("ok")
}
