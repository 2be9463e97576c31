//! Who may speak to whom, where, and for how long.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::instance::Instance;
use super::template::Template;
use super::{seconds, stack};
use crate::settings::default_time;

/// What a group lets in (`<`) or out (`>`): group, direction, the other side, port.
fn rules(template: &Template) -> BTreeSet<(String, char, String, u64)> {
    let mut rules = BTreeSet::new();
    let group = |value: &Value| value["Fn::GetAtt"][0].as_str().map(str::to_owned);
    let mut add = |name: &str, direction, rule: &Value| {
        let port = rule["FromPort"].as_u64().unwrap_or(0);
        assert_eq!(rule["FromPort"], rule["ToPort"], "{name}: {rule}");
        let other = ["CidrIp", "SourceSecurityGroupId", "DestinationSecurityGroupId"]
            .into_iter()
            .find_map(|side| group(&rule[side]).or_else(|| rule[side].as_str().map(str::to_owned)));
        rules.insert((name.to_owned(), direction, other.unwrap_or_else(|| panic!("{rule}")), port));
    };
    for (name, resource) in template.of_type("AWS::EC2::SecurityGroup") {
        let properties = &resource["Properties"];
        let none = Vec::new();
        for rule in properties["SecurityGroupIngress"].as_array().unwrap_or(&none) {
            add(name, '<', rule);
        }
        for rule in
            properties["SecurityGroupEgress"].as_array().expect("egress, which is all where none is said")
        {
            add(name, '>', rule);
        }
    }
    for resource in template.of_type("AWS::EC2::SecurityGroupIngress").values() {
        let rule = &resource["Properties"];
        add(&group(&rule["GroupId"]).unwrap(), '<', rule);
    }
    assert!(template.of_type("AWS::EC2::SecurityGroupEgress").is_empty(), "it would not replace the default");
    rules
}

#[test]
fn security_groups_let_through_what_is_meant_and_nothing_else() {
    let template = Template::read();
    let listen: u64 = port_of_the_server(&template);
    let cache = template.of("Cache")["Port"].as_u64().unwrap();
    let expected = [
        ("BalancerGroup", '<', "0.0.0.0/0", 443),
        ("BalancerGroup", '<', "0.0.0.0/0", 80),
        ("BalancerGroup", '>', "ServerGroup", listen),
        ("ServerGroup", '<', "BalancerGroup", listen),
        ("ServerGroup", '>', "CacheGroup", cache),
        ("ServerGroup", '>', "0.0.0.0/0", 443),
        ("CacheGroup", '<', "ServerGroup", cache),
        ("CacheGroup", '>', "127.0.0.1/32", 0),
        ("EndpointGroup", '<', "ServerGroup", 443),
        ("EndpointGroup", '>', "127.0.0.1/32", 0),
    ];
    let expected = expected.map(|(group, way, other, port)| (group.to_owned(), way, other.to_owned(), port));
    assert_eq!(rules(&template), BTreeSet::from(expected));
    assert_eq!(template.of("Balancer")["SecurityGroups"], json!([{ "Ref": "BalancerGroup" }]));
    assert_eq!(template.of("Cache")["SecurityGroupIds"], json!([{ "Ref": "CacheGroup" }]));
    let interface = &template.of("Template")["LaunchTemplateData"]["NetworkInterfaces"][0];
    assert_eq!(interface["Groups"], json!([{ "Ref": "ServerGroup" }]));
    assert_eq!(interface["AssociatePublicIpAddress"], false);
}

fn port_of_the_server(template: &Template) -> u64 {
    let script = template.user_data(&stack(6379));
    let listen = script.lines().find_map(|line| line.strip_prefix("export LISTEN=':")?.strip_suffix('\''));
    listen.expect("a port on every address").parse().unwrap()
}

#[test]
fn the_balancer_asks_the_port_that_the_server_listens_on() {
    let template = Template::read();
    let targets = template.of("Targets");
    assert_eq!(targets["Port"], port_of_the_server(&template));
    assert_eq!(targets["Protocol"], "HTTP");
    let forward = json!([{ "Type": "forward", "TargetGroupArn": { "Ref": "Targets" } }]);
    assert_eq!(template.of("HttpsListener")["DefaultActions"], forward);
    assert_eq!(template.of("Servers")["TargetGroupARNs"], json!([{ "Ref": "Targets" }]));
}

#[test]
fn browsers_get_https_alone() {
    let template = Template::read();
    let redirect = &template.of("HttpListener")["DefaultActions"][0]["RedirectConfig"];
    assert_eq!(*redirect, json!({ "Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301" }));
    let policy = template.of("HttpsListener")["SslPolicy"].as_str().unwrap();
    assert!(policy.starts_with("ELBSecurityPolicy-TLS13-1-2-Res-"), "{policy}");
    assert_eq!(template.of_type("AWS::ElasticLoadBalancingV2::Listener").len(), 2);
}

/// R37: the balancer's addresses are those of its subnets, and nobody else's word counts.
#[test]
fn servers_believe_the_subnets_of_the_balancer_and_no_others() {
    let template = Template::read();
    let subnets = template.of("Balancer")["Subnets"].as_array().unwrap();
    let networks =
        subnets.iter().map(|subnet| template.of(subnet["Ref"].as_str().unwrap())["CidrBlock"].as_str());
    let networks: Option<Vec<_>> = networks.collect();
    let believed = Instance::configured(&stack(6379)).setting("trusted-proxies");
    assert_eq!(believed.split(',').collect::<Vec<_>>(), networks.unwrap());
    let servers = template.of("Servers")["VPCZoneIdentifier"].as_array().unwrap();
    assert!(servers.iter().all(|subnet| !subnets.contains(subnet)));
    let attribute = |key| template.attribute("Balancer", "LoadBalancerAttributes", key);
    assert_eq!(attribute("routing.http.xff_header_processing.mode"), "append");
    assert_eq!(attribute("routing.http.drop_invalid_header_fields.enabled"), "true");
}

#[test]
fn nothing_leads_from_the_private_subnets_to_the_internet() {
    let template = Template::read();
    let routes = template.of_type("AWS::EC2::Route");
    assert_eq!(routes.keys().collect::<Vec<_>>(), [&"InternetRoute"]);
    let public = template.of("InternetRoute")["RouteTableId"].clone();
    let tables = template.of_type("AWS::EC2::SubnetRouteTableAssociation");
    let tables = tables.values().map(|table| &table["Properties"]);
    let open: Vec<_> = tables
        .filter(|table| table["RouteTableId"] == public)
        .map(|table| table["SubnetId"].clone())
        .collect();
    assert_eq!(json!(open), template.of("Balancer")["Subnets"]);
    let private = json!([{ "Ref": "PrivateSubnetA" }, { "Ref": "PrivateSubnetB" }]);
    assert_eq!(template.of("Servers")["VPCZoneIdentifier"], private);
    assert_eq!(template.of("CacheSubnets")["SubnetIds"], private);
}

/// R57: or a request might be sent on a connection that the server is just closing.
#[test]
fn a_connection_idles_longer_at_the_server_than_at_the_balancer() {
    let template = Template::read();
    let idle = template.attribute("Balancer", "LoadBalancerAttributes", "idle_timeout.timeout_seconds");
    let keep_alive = Instance::configured(&stack(6379)).time("keep-alive");
    assert!(seconds(&json!(idle)) < keep_alive, "{idle} s, {keep_alive:?}");
}

/// R58, F36: after as many checks as the balancer wants to see fail.
#[test]
fn a_server_that_stops_serves_until_the_balancer_has_seen_it() {
    let template = Template::read();
    let targets = template.of("Targets");
    let (interval, patience) =
        (seconds(&targets["HealthCheckIntervalSeconds"]), seconds(&targets["HealthCheckTimeoutSeconds"]));
    let checks = u32::try_from(targets["UnhealthyThresholdCount"].as_u64().unwrap()).unwrap();
    assert!(patience < interval);
    let delay = Instance::configured(&stack(6379)).time("drain-delay");
    assert!(interval * checks + patience < delay, "{interval:?} × {checks} + {patience:?}, {delay:?}");
    assert!(default_time("drain-delay") < delay, "it need not be set");
}

/// R58: nobody kills what is still draining.
#[test]
fn what_is_running_ends_before_a_server_is_made_to() {
    let template = Template::read();
    let instance = Instance::configured(&stack(6379));
    let longest = instance.time("drain-delay") + instance.time("drain-timeout");
    let forgotten =
        template.attribute("Targets", "TargetGroupAttributes", "deregistration_delay.timeout_seconds");
    assert!(seconds(&json!(forgotten)) >= longest, "{forgotten} s, {longest:?}");
    let stop = humantime::parse_duration(&instance.unit("TimeoutStopSec")).unwrap();
    assert!(stop >= longest + Duration::from_secs(5), "{stop:?}, {longest:?}");
}
