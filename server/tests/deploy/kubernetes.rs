//! `deploy/kubernetes/`, without a cluster.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::settings::{chapter, deployed};
use crate::settings_file::SettingsFile;
use crate::yaml::{documents, text, texts, with};

pub(crate) fn manifest(name: &str) -> Value {
    documents(&format!("kubernetes/{name}.yaml")).remove(0)
}

/// What is said of each pod.
pub(crate) fn pod() -> Value {
    manifest("deployment")["spec"]["template"]["spec"].clone()
}

pub(crate) fn container() -> Value {
    pod()["containers"][0].clone()
}

pub(crate) fn settings_file() -> SettingsFile {
    SettingsFile::read("kubernetes/settings.toml")
}

/// Where a volume is mounted.
pub(crate) fn mount(name: &str) -> String {
    text(&with(&container()["volumeMounts"], "name", name)["mountPath"]).to_owned()
}

/// Where a volume's content is from.
pub(crate) fn volume(name: &str) -> Value {
    with(&pod()["volumes"], "name", name).clone()
}

#[test]
fn every_manifest_is_applied() {
    let listed = manifest("kustomization");
    let listed: BTreeSet<_> = texts(&listed["resources"]).into_iter().map(str::to_owned).collect();
    let files = fs::read_dir(deployed("kubernetes")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let is_manifest = |name: &String| name.ends_with(".yaml") && name != "kustomization.yaml";
    assert_eq!(listed, names.filter(is_manifest).collect::<BTreeSet<_>>());
}

#[test]
fn every_file_that_the_settings_name_is_mounted() {
    let book = fs::read_to_string(chapter("containers.md")).unwrap();
    let secret = volume("secrets")["secret"]["secretName"].clone();
    assert!(book.contains(&format!("create secret generic {} ", text(&secret))), "{secret}");
    let secrets = mount("secrets") + "/";
    let file = settings_file();
    assert!(file.paths().len() > 2);
    for (name, path) in file.paths() {
        let file = path.strip_prefix(&secrets).unwrap_or_else(|| panic!("{name}: {path}"));
        assert!(book.contains(&format!("--from-file={file}")), "{file}");
    }
    let generated = &manifest("kustomization")["configMapGenerator"][0];
    assert_eq!(generated["name"], volume("settings")["configMap"]["name"]);
    assert_eq!(generated["files"], json!(["settings.toml"]));
    let path = format!("{}/settings.toml", mount("settings"));
    assert_eq!(texts(&container()["args"]), ["serve", "--config", &path]);
}

#[test]
fn every_port_and_host_is_the_one_that_others_have() {
    let settings = settings_file();
    let port = with(&container()["ports"], "name", "http")["containerPort"].clone();
    assert_eq!(settings.text_of("listen"), format!(":{port}"));
    for (probe, path) in
        [("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")]
    {
        assert_eq!(container()[probe]["httpGet"], json!({ "path": path, "port": "http" }), "{probe}");
    }
    let (service, ingress, policy) = (manifest("service"), manifest("ingress"), manifest("network-policy"));
    assert_eq!(with(&service["spec"]["ports"], "name", "http")["targetPort"], "http");
    let (ingress, policy) = (&ingress["spec"], &policy["spec"]);
    let backend = &ingress["rules"][0]["http"]["paths"][0]["backend"]["service"];
    assert_eq!(backend, &json!({ "name": service["metadata"]["name"], "port": { "name": "http" } }));
    assert_eq!(policy["ingress"][0]["ports"], json!([{ "port": "http" }]));
    let host = &ingress["rules"][0]["host"];
    assert_eq!(ingress["tls"][0]["hosts"], json!([host]));
    assert_eq!(settings.text_of("public-origin"), format!("https://{}", text(host)));
    let redis = &policy["egress"][0]["ports"][0]["port"];
    assert!(settings.text_of("store").ends_with(&format!(":{redis}")), "{redis}");
}

#[test]
fn every_selector_finds_the_pods() {
    let deployment = manifest("deployment");
    let labels = &deployment["spec"]["template"]["metadata"]["labels"];
    assert_eq!(&deployment["spec"]["selector"]["matchLabels"], labels);
    assert_eq!(&manifest("service")["spec"]["selector"], labels);
    assert_eq!(&manifest("network-policy")["spec"]["podSelector"]["matchLabels"], labels);
    assert_eq!(&manifest("disruption-budget")["spec"]["selector"]["matchLabels"], labels);
    for spread in pod()["topologySpreadConstraints"].as_array().unwrap() {
        assert_eq!(&spread["labelSelector"]["matchLabels"], labels);
    }
    let scaled = &manifest("autoscaler")["spec"]["scaleTargetRef"];
    assert_eq!((&scaled["kind"], &scaled["name"]), (&deployment["kind"], &deployment["metadata"]["name"]));
    assert!(deployment["spec"]["replicas"].is_null(), "it is for the autoscaler to say");
}

/// R58: by as long as both spans take.
#[test]
fn a_pod_that_ends_is_left_alone_until_it_has_drained_and_is_replaced_before() {
    let patience = Duration::from_secs(pod()["terminationGracePeriodSeconds"].as_u64().unwrap());
    let settings = settings_file();
    assert!(patience > settings.time_of("drain-delay") + settings.time_of("drain-timeout"), "{patience:?}");
    assert_eq!(manifest("deployment")["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"], 0);
}

/// R42: as many threads as are set, by what the costliest hash takes.
#[test]
fn the_pod_is_restricted_and_has_the_memory_that_its_hashing_takes() {
    let security = &pod()["securityContext"];
    assert_eq!(
        (&security["runAsNonRoot"], &security["seccompProfile"]["type"]),
        (&json!(true), &json!("RuntimeDefault"))
    );
    let confined = json!({
        "allowPrivilegeEscalation": false,
        "readOnlyRootFilesystem": true,
        "capabilities": { "drop": ["ALL"] },
    });
    assert_eq!(container()["securityContext"], confined);
    let labels = &manifest("namespace")["metadata"]["labels"];
    assert_eq!(labels["pod-security.kubernetes.io/enforce"], "restricted");
    let limit = container()["resources"]["limits"]["memory"].clone();
    let limit: u64 = text(&limit).strip_suffix("Mi").unwrap().parse().unwrap();
    // With the costliest hashes that there are half of it is left.
    assert!(settings_file().number_of("hashing-threads") * 64 <= limit / 2, "{limit} MiB");
}

#[test]
#[ignore = "wants the tools of `cargo xtask test deploy`"]
fn the_schemas_of_kubernetes_allow_every_field() {
    let tools = PathBuf::from(std::env::var_os("DEPLOY_TOOLS").expect("where the tools are"));
    let listed = manifest("kustomization");
    let files = texts(&listed["resources"]).into_iter().map(|file| deployed("kubernetes").join(file));
    let output =
        Command::new(tools.join("kubernetes-validate")).arg("--strict").args(files).output().unwrap();
    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success() && !told.contains("WARN"), "{told}");
}

#[test]
#[ignore = "wants the tools of `cargo xtask test deploy`"]
fn kubectl_renders_the_settings_and_who_mounts_them() {
    let output = Command::new("kubectl").arg("kustomize").arg(deployed("kubernetes")).output();
    let output = output.expect("kubectl");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rendered = String::from_utf8(output.stdout).unwrap();
    let rendered = Value::Array(serde_saphyr::from_multiple(&rendered).unwrap());
    let config_map = with(&rendered, "kind", "ConfigMap");
    assert_eq!(text(&config_map["data"]["settings.toml"]), settings_file().text);
    let volumes = &with(&rendered, "kind", "Deployment")["spec"]["template"]["spec"]["volumes"];
    assert_eq!(with(volumes, "name", "settings")["configMap"]["name"], config_map["metadata"]["name"]);
}
