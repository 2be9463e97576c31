//! Who is told of what, and what servers may ask AWS for.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::stack;
use super::template::Template;
use crate::settings::{chapter, deployed};

/// Of the metrics that AWS publishes for each, those which are watched.
const BALANCER_METRICS: [&str; 4] =
    ["HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count", "TargetResponseTime", "UnHealthyHostCount"];
const CACHE_METRICS: [&str; 5] = [
    "CurrConnections",
    "DatabaseMemoryUsagePercentage",
    "EngineCPUUtilization",
    "Evictions",
    "ReplicationLag",
];

#[test]
fn alarms_watch_what_is_there_and_tell_the_topic() {
    let template = Template::read();
    let alarms = template.of_type("AWS::CloudWatch::Alarm");
    let mut watched = BTreeSet::new();
    for (name, alarm) in &alarms {
        let alarm = &alarm["Properties"];
        let topic =
            json!({ "Fn::If": ["HasAlarmTopic", [{ "Ref": "AlarmTopicArn" }], { "Ref": "AWS::NoValue" }] });
        assert_eq!(alarm["AlarmActions"], topic, "{name}");
        assert_eq!(alarm["TreatMissingData"], "notBreaching", "{name}");
        let dimensions = alarm["Dimensions"].as_array().unwrap();
        let dimensions: Vec<_> =
            dimensions.iter().map(|one| (one["Name"].as_str().unwrap(), &one["Value"])).collect();
        let balancer = ("LoadBalancer", &json!({ "Fn::GetAtt": ["Balancer", "LoadBalancerFullName"] }));
        let targets = ("TargetGroup", &json!({ "Fn::GetAtt": ["Targets", "TargetGroupFullName"] }));
        let node = ("CacheClusterId", &json!({ "Fn::Sub": "${Cache}-${Node}" }));
        match (alarm["Namespace"].as_str().unwrap(), alarm["MetricName"].as_str()) {
            ("AWS/ApplicationELB", Some(metric)) => {
                // What the balancer answers by itself is no target's.
                let expected =
                    if metric == "HTTPCode_ELB_5XX_Count" { vec![balancer] } else { vec![balancer, targets] };
                assert_eq!(dimensions, expected, "{name}");
                watched.insert(metric);
            }
            ("AWS/ElastiCache", None) => assert_eq!(dimensions, [node], "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(watched, BTreeSet::from(BALANCER_METRICS));
    assert_eq!(alarms.len(), BALANCER_METRICS.len() + 1, "and the one in the loop");
}

#[test]
fn each_node_of_the_cache_has_an_alarm_for_each_metric() {
    let template = Template::read();
    let metrics = template.at("/Resources/Fn::ForEach::CacheMetrics");
    let named: BTreeSet<_> =
        metrics[1].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(named, BTreeSet::from(CACHE_METRICS));
    let described = template.at("/Mappings/CacheAlarms").as_object().unwrap();
    assert_eq!(described.keys().map(String::as_str).collect::<BTreeSet<_>>(), named);
    let nodes = &metrics[2]["Fn::ForEach::CacheNodeAlarms"];
    assert_eq!(nodes[1], json!({ "Ref": "CacheNodes" }));
    // A primary and its replicas, as ElastiCache numbers them outside cluster mode, which is the default.
    let replicas = template.at("/Parameters/Replicas/Default").as_u64().unwrap();
    let numbered: Vec<_> = (1..=1 + replicas).map(|number| format!("{number:03}")).collect();
    assert_eq!(template.at("/Parameters/CacheNodes/Default"), &json!(numbered.join(",")));
    assert_eq!(template.at("/Parameters/ClusterMode/Default"), "no");
}

#[test]
fn no_request_that_keeps_to_its_budget_rings_the_alarm_of_slow_ones() {
    let template = Template::read();
    // All that a request may ask of the store (docs/failovers.md).
    assert!(template.of("LatencyAlarm")["Threshold"].as_f64() >= Some(0.8));
    assert_eq!(template.of("LatencyAlarm")["ExtendedStatistic"], "p99");
}

#[test]
fn a_server_reads_its_secrets_and_its_program_and_no_more() {
    let template = Template::read();
    let policies = template.of("Role")["Policies"].as_array().unwrap();
    assert_eq!(policies.len(), 1);
    assert!(template.of("Role")["ManagedPolicyArns"].is_null());
    let statements = policies[0]["PolicyDocument"]["Statement"].as_array().unwrap();
    let program = json!({ "Fn::Sub": "arn:${AWS::Partition}:s3:::${BinaryBucket}/${BinaryKey}" });
    let allowed = |action: &str| {
        let found = statements.iter().find(|statement| statement["Action"] == action);
        found.unwrap_or_else(|| panic!("no {action}"))["Resource"].clone()
    };
    let secrets =
        json!([{ "Ref": "RedisPassword" }, { "Ref": "KeysSecretArn" }, { "Ref": "UsersSecretArn" }]);
    assert_eq!(allowed("secretsmanager:GetSecretValue"), secrets);
    assert_eq!(allowed("s3:GetObjectVersion"), program);
    assert_eq!(allowed("cloudformation:SignalResource"), json!({ "Ref": "AWS::StackId" }));
    // The way to S3 is no wider.
    assert_eq!(template.of("EndpointS3")["PolicyDocument"]["Statement"][0]["Resource"], program);
    let broad: Vec<&Value> = statements.iter().filter(|statement| statement["Resource"] == "*").collect();
    let actions: Vec<_> =
        broad.iter().flat_map(|statement| statement["Action"].as_array().unwrap()).collect();
    let is_for_operators = |action: &&&Value| action.as_str().unwrap().starts_with("ssm");
    assert_eq!((actions.iter().filter(is_for_operators).count(), statements.len()), (actions.len(), 4));
    assert_eq!(
        template.of("Template")["LaunchTemplateData"]["IamInstanceProfile"]["Arn"]["Fn::GetAtt"][0],
        "Profile"
    );
}

/// What the script calls has an endpoint, since there is no other way out.
#[test]
fn every_service_that_a_server_asks_has_an_endpoint() {
    let template = Template::read();
    let endpoints = template.at("/Resources/Fn::ForEach::Endpoints");
    let mut services: Vec<_> =
        endpoints[1].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    services.push("s3api");
    let script = std::fs::read_to_string(deployed("aws/start.sh")).unwrap();
    let asked = script.split("\n    aws ").skip(1).map(|call| call.split(' ').next().unwrap());
    let asked: BTreeSet<_> = asked.collect();
    assert!(asked.len() == 3 && asked.iter().all(|service| services.contains(service)), "{asked:?}");
}

#[test]
fn an_instance_gives_its_credentials_to_no_forged_request_and_its_disk_to_nobody() {
    let template = Template::read();
    let data = &template.of("Template")["LaunchTemplateData"];
    assert_eq!(data["MetadataOptions"], json!({ "HttpTokens": "required", "HttpPutResponseHopLimit": 1 }));
    assert_eq!(data["BlockDeviceMappings"][0]["Ebs"]["Encrypted"], true);
    assert!(data["KeyName"].is_null(), "nobody comes by ssh");
}

/// While Redis is away no server is ready, and by the balancer's word the group would replace them all.
#[test]
fn a_redis_that_is_away_has_no_server_replaced() {
    assert_eq!(Template::read().of("Servers")["HealthCheckType"], "EC2");
}

/// An instance asks once.
#[test]
fn no_server_starts_before_it_can_reach_what_it_asks() {
    let template = Template::read();
    let waited: BTreeSet<_> = template
        .at("/Resources/Servers/DependsOn")
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let ways = [
        "PrivateRoutesA",
        "PrivateRoutesB",
        "EndpointS3",
        "Endpointsecretsmanager",
        "Endpointcloudformation",
    ];
    let doors = ["EndpointFromServer", "CacheFromServer"];
    assert!(ways.iter().chain(&doors).all(|name| waited.contains(name)), "{waited:?}");
    let services = template.at("/Resources/Fn::ForEach::Endpoints/1").as_array().unwrap();
    assert!(services.contains(&json!("secretsmanager")) && services.contains(&json!("cloudformation")));
}

#[test]
fn an_update_waits_for_each_server_to_say_that_it_is_ready() {
    let template = Template::read();
    let group = template.at("/Resources/Servers");
    let update = &group["UpdatePolicy"]["AutoScalingRollingUpdate"];
    assert_eq!(update["WaitOnResourceSignals"], true);
    assert_eq!(update["MinInstancesInService"], group["Properties"]["MinSize"]);
    assert_eq!(group["CreationPolicy"]["ResourceSignal"]["Count"], group["Properties"]["MinSize"]);
    // There is room for one more, and one stays while another is replaced.
    let parameter =
        |name: &str, what: &str| template.at(&format!("/Parameters/{name}/{what}")).as_u64().unwrap();
    assert!(parameter("MostServers", "Default") > parameter("ServerCount", "Default"));
    assert!(parameter("ServerCount", "MinValue") >= 2);
    assert!(template.user_data(&stack(6379)).contains("--logical-resource-id Servers "));
}

#[test]
fn the_command_of_the_book_gives_every_parameter_that_has_no_default() {
    let template = Template::read();
    let book = std::fs::read_to_string(chapter("aws.md")).unwrap();
    let (_, command) = book.split_once("--parameter-overrides").unwrap();
    let command = command.split("```").next().unwrap();
    let given: BTreeSet<_> =
        command.split_whitespace().filter_map(|word| Some(word.split_once('=')?.0)).collect();
    let parameters = template.at("/Parameters").as_object().unwrap();
    for (name, parameter) in parameters {
        assert!(given.contains(name.as_str()) || parameter.get("Default").is_some(), "{name}");
        assert!(
            book.contains(&format!("`{name}`")) || given.contains(name.as_str()),
            "{name} is not told of"
        );
    }
    assert!(given.iter().all(|name| parameters.contains_key(*name)), "{given:?}");
}
