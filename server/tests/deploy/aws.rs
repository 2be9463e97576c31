//! `deploy/aws`: what the template wires together, against the server's own settings.

mod emulator;
mod instance;
mod start;
mod template;
mod traffic;
mod watching;

use std::collections::BTreeSet;
use std::time::Duration;

use instance::Instance;
use serde_json::{Value, json};
use session_testing::{Authority, RedisServer};
use template::{Stack, Template};

use crate::settings::{PROGRAM, deployed, settings};

const REDIS_PASSWORD: &str = "canary-of-redis-canary-of-redis";

/// A stack with its parameters, and a cache at a port of this machine.
pub(crate) fn stack(cache_port: u16) -> Stack {
    let arn = |name: &str| format!("arn:aws:secretsmanager:eu-central-1:123456789012:secret:{name}");
    let port = cache_port.to_string();
    Stack::default()
        .with("AWS::Region", "eu-central-1")
        .with("AWS::StackName", "sessions")
        .with("PublicOrigin", "https://app.example")
        .with("BinaryBucket", "programs")
        .with("BinaryKey", "session-server/1")
        .with("BinaryVersion", "version")
        .with("BinarySha256", &"0".repeat(64))
        .with("RedisPassword", &arn("redis-password"))
        .with("KeysSecretArn", &arn("keys"))
        .with("UsersSecretArn", &arn("users"))
        .with("Cache.PrimaryEndPoint.Address", "127.0.0.1")
        .with("Cache.PrimaryEndPoint.Port", &port)
        .with("Cache.ConfigurationEndPoint.Address", "127.0.0.1")
        .with("Cache.ConfigurationEndPoint.Port", &port)
}

fn seconds(value: &Value) -> Duration {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    Duration::from_secs(number.unwrap_or_else(|| panic!("not a number of seconds: {value}")))
}

#[test]
fn instances_get_the_unit_of_deploy_systemd() {
    let unit = std::fs::read_to_string(deployed("systemd/session-server.service")).unwrap();
    assert_eq!(Instance::configured(&stack(6379)).read("etc/systemd/system/session-server.service"), unit);
}

#[test]
fn the_template_carries_the_start_script_as_it_is() {
    let template = Template::read();
    let script = std::fs::read_to_string(deployed("aws/start.sh")).unwrap();
    let parts = &template.of("Template")["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Join"][1];
    assert_eq!((&parts[1], parts.as_array().unwrap().len()), (&json!(script), 2));
    // EC2 takes 16 KiB, and names may be longer than those of the test.
    let given = template.user_data(&stack(6379));
    assert!(given.len() < 15 * 1024, "{} bytes", given.len());
}

/// Of either, one too many is a mistake.
#[test]
fn the_script_reads_the_variables_that_the_template_sets() {
    let given = Template::read().user_data(&stack(6379));
    let set: BTreeSet<_> =
        given.lines().filter_map(|line| line.strip_prefix("export ")?.split('=').next()).collect();
    let script = std::fs::read_to_string(deployed("aws/start.sh")).unwrap();
    let script = script.replace("\\$", "");
    let is_part = |c: char| c == '_' || c.is_ascii_uppercase() || c.is_ascii_digit();
    let name = |text| str::split(text, |c| !is_part(c)).next().unwrap();
    let names = script.split('$').skip(1).map(|text| name(text.trim_start_matches('{')));
    let mut read: BTreeSet<_> =
        names.filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase())).collect();
    // What tests set, what systemd does, and what `aws` reads by itself.
    assert!(["ROOT", "RUN_AS", "MAINPID"].iter().all(|name| read.remove(name)));
    read.insert("AWS_DEFAULT_REGION");
    assert_eq!(set, read);
}

#[test]
fn whatever_the_script_sets_is_a_setting_of_the_server() {
    let known = settings();
    let file = Instance::configured(&stack(6379)).settings_file();
    let unknown: Vec<_> = file.keys().filter(|name| !known.contains_key(*name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert_eq!(file["public-origin"].as_str(), Some("https://app.example"));
    assert!(!file.to_string().contains("secret:"), "{file}");
}

#[tokio::test]
async fn a_server_with_these_settings_is_ready_on_either_kind_of_cache() {
    let template = Template::read();
    let authority = Authority::new("test");
    let certificate = authority.issue("127.0.0.1");
    let one = (RedisServer::start_with_tls(&certificate, None), vec![], "rediss");
    let cluster = (RedisServer::start_cluster_with_tls(&certificate), vec!["Clustered"], "rediss+cluster");
    for ((redis, port), conditions, scheme) in [one, cluster] {
        let user = template.of("CacheUser");
        let name = user["UserName"].as_str().unwrap();
        add_user(&redis, name, user["AccessString"].as_str().unwrap());
        let instance = Instance::configured(&Stack { conditions, ..stack(port) });
        // A cluster of one node would do for the other kind of store as well.
        assert_eq!(instance.setting("store"), format!("{scheme}://{name}@127.0.0.1:{port}"));
        instance.write("var/lib/session-server/redis-password", REDIS_PASSWORD);
        std::fs::create_dir_all(instance.path("usr/local/bin")).unwrap();
        std::os::unix::fs::symlink(PROGRAM, instance.path("usr/local/bin/session-server")).unwrap();
        let _serving = instance.serve(&authority.certificate());
        let targets = template.of("Targets");
        let path = targets["HealthCheckPath"].as_str().unwrap();
        // With words it would be 200: Redis refuses a command, say.
        assert_eq!(instance.answer(path, |status| status == 204 || status == 200).await, 204);
        let (least, most) = targets["Matcher"]["HttpCode"].as_str().unwrap().split_once('-').unwrap();
        assert_eq!((least, most), ("200", "299"));
        assert_eq!(instance.answer("/healthz", |_| true).await, 404);
    }
}

pub(crate) fn add_user(redis: &RedisServer, name: &str, access: &str) {
    let password = format!(">{REDIS_PASSWORD}");
    let words: Vec<_> =
        ["ACL", "SETUSER", name, "reset", &password].into_iter().chain(access.split(' ')).collect();
    let _: String = redis.run(&words);
}

/// R46: what is printed is what the template has, and the default user is off.
#[test]
fn the_cache_lets_the_servers_do_what_the_command_prints_and_nobody_else_anything() {
    let output = std::process::Command::new(PROGRAM).arg("acl").env_clear().output().unwrap();
    let line = String::from_utf8(output.stdout).unwrap();
    let (before, rules) = line.trim_end().split_once(" >PASSWORD ").unwrap();
    let (user, on) = before.strip_prefix("user ").unwrap().split_once(' ').unwrap();
    let template = Template::read();
    let (ours, default) = (template.of("CacheUser"), template.of("CacheDefaultUser"));
    assert_eq!(ours["UserName"], user);
    assert_eq!(ours["AccessString"], format!("{on} {rules}"));
    assert_eq!((&default["UserName"], &default["AccessString"]), (&json!("default"), &json!("off -@all")));
    let users = &template.of("CacheUsers")["UserIds"];
    assert_eq!(*users, json!([{ "Ref": "CacheDefaultUser" }, { "Ref": "CacheUser" }]));
    assert_eq!(template.of("Cache")["UserGroupIds"], json!([{ "Ref": "CacheUsers" }]));
}

/// The password of either kind of store is that which the servers read from their file.
#[test]
fn the_password_of_the_cache_is_the_one_that_the_servers_fetch() {
    let template = Template::read();
    let stack = stack(6379).with("RedisPassword", "the-arn");
    for user in ["CacheUser", "CacheDefaultUser"] {
        let password = template.text(&template.of(user)["Passwords"][0], &stack);
        assert_eq!(password, "{{resolve:secretsmanager:the-arn:SecretString}}", "{user}");
    }
    assert!(template.user_data(&stack).contains("export REDIS_PASSWORD_SECRET='the-arn'\n"));
    // ElastiCache takes 16 to 128 characters, of which some punctuation is none.
    let generated = &template.of("RedisPassword")["GenerateSecretString"];
    assert_eq!(*generated, json!({ "PasswordLength": 64, "ExcludePunctuation": true }));
}

#[test]
fn the_cache_is_encrypted_evicts_nothing_and_has_a_replica_elsewhere() {
    let template = Template::read();
    let cache = template.of("Cache");
    for property in
        ["TransitEncryptionEnabled", "AtRestEncryptionEnabled", "AutomaticFailoverEnabled", "MultiAZEnabled"]
    {
        assert_eq!(cache[property], true, "{property}");
    }
    assert_eq!(cache["TransitEncryptionMode"], "required");
    assert_eq!(cache["CacheParameterGroupName"], json!({ "Ref": "CacheParameters" }));
    let parameters = &template.of("CacheParameters")["Properties"];
    assert_eq!(parameters["maxmemory-policy"], "noeviction");
    for (engine, versions) in template.at("/Mappings/Engines").as_object().unwrap() {
        let major = versions["Version"].as_str().unwrap().split('.').next().unwrap();
        assert_eq!(versions["Family"], format!("{engine}{major}"));
        assert!(major.parse::<u32>().unwrap() >= 7, "{engine} {major} is older than what a store needs");
    }
    // The mode is said in three places, and a store that is told another one is not ready.
    let clustered = |yes: Value, no: Value| json!({ "Fn::If": ["Clustered", yes, no] });
    assert_eq!(parameters["cluster-enabled"], clustered(json!("yes"), json!("no")));
    assert_eq!(cache["ClusterMode"], clustered(json!("enabled"), json!("disabled")));
    assert_eq!(cache["NumNodeGroups"], clustered(json!({ "Ref": "Shards" }), json!(1)));
    assert!(template.at("/Parameters/Replicas/MinValue").as_u64() >= Some(1));
}
