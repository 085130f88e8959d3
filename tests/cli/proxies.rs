//! The proxy of the environment, between every command and what it asks.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use latchkey_testkit::tls::Tls;

use crate::place::{Done, Place, run};

/// A proxy that opens every tunnel to one address, and the hosts that it was asked for.
struct Proxy {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn to(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let seen = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map(Result::unwrap) {
                let (target, seen) = (target.clone(), seen.clone());
                std::thread::spawn(move || tunnel(stream, &target, &seen));
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

/// RFC 9110 section 9.3.6.
fn tunnel(mut client: TcpStream, target: &str, seen: &Mutex<Vec<String>>) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && client.read_exact(&mut byte).is_ok() {
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let lines =
        head.lines().filter(|line| line.starts_with("CONNECT") || line.to_ascii_lowercase().starts_with("proxy-auth"));
    seen.lock().unwrap().extend(lines.map(str::to_owned));
    let Ok(mut server) = TcpStream::connect(target) else { return };
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    let (mut from, mut back) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    std::thread::spawn(move || std::io::copy(&mut from, &mut server));
    let _ = std::io::copy(&mut back, &mut client);
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_commands_ask_dynamodb_through_the_proxy() {
    let place = Place::new();
    let (engine, key) = place.server.dynamodb_url.rsplit_once('/').unwrap();
    let tls = Tls::before(engine, place.folder.path()).await;
    let proxy = Proxy::to(tls.url.replace("https://localhost", "127.0.0.1"));
    let ask = |more: &[(&str, &str)], arguments: &[&str]| -> Done {
        let environment = [
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", key),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("SSL_CERT_FILE", tls.certificates.to_str().unwrap()),
            ("LATCHKEY_CLIENTS_TABLE", "latchkey-clients"),
            ("LATCHKEY_TOKENS_TABLE", "latchkey-tokens"),
            ("LATCHKEY_USERS_TABLE", "latchkey-users"),
        ];
        run(place.folder.path(), &[&environment, more].concat(), arguments)
    };
    let list = |more: &[(&str, &str)]| ask(more, &["client", "list", "--json"]);
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        assert_eq!(list(&[(name, &proxy.url)]).json()[0]["client_id"], "demo", "{name}");
        assert_eq!(proxy.asked(), ["CONNECT dynamodb.us-east-1.amazonaws.com:443 HTTP/1.1"], "{name}");
    }
    // No KMS is behind the proxy: who was asked for what is enough.
    let keys = ["SEALING", "PAGES", "REQUESTS"].map(|set| (format!("LATCHKEY_{set}_KMS_KEY"), format!("alias/{set}")));
    let keys: Vec<_> = keys.iter().map(|(name, key)| (name.as_str(), key.as_str())).collect();
    ask(&[&keys[..], &[("HTTPS_PROXY", &proxy.url)]].concat(), &["client", "reseal"])
        .fails("KMS does not do kms:GenerateMac with the key alias/");
    assert!(proxy.asked().contains(&"CONNECT kms.us-east-1.amazonaws.com:443 HTTP/1.1".to_owned()));
    // What needs no proxy is asked without one: here the DynamoDB of this machine.
    let here = ("AWS_ENDPOINT_URL_DYNAMODB", place.server.dynamodb_url.as_str());
    for (name, url) in
        [("HTTP_PROXY", proxy.url.as_str()), ("ALL_PROXY", &proxy.url), ("HTTPS_PROXY", "http://127.0.0.1:9")]
    {
        assert_eq!(list(&[(name, url), here]).json()[0]["client_id"], "demo", "{name}");
    }
    let away = ("AWS_ENDPOINT_URL_DYNAMODB", "https://dynamodb.invalid");
    list(&[("HTTPS_PROXY", &proxy.url), ("NO_PROXY", ".invalid"), away]).fails("does not answer: no connection");
    assert!(proxy.asked().is_empty());
    list(&[("HTTPS_PROXY", "http://127.0.0.1:9")]).fails("proxy (HTTPS_PROXY, NO_PROXY)");
}

#[test]
fn a_clients_commands_ask_the_service_through_the_proxy() {
    let folder = tempfile::tempdir().unwrap();
    // Behind the proxy is no server: who was asked for what is enough.
    let proxy = Proxy::to("127.0.0.1:9".to_owned());
    let host = proxy.url.strip_prefix("http://").unwrap();
    let get = |more: &[(&str, &str)]| {
        let key = [("LATCHKEY_CLIENT_ID", "a"), ("LATCHKEY_SECRET", "b"), ("LATCHKEY_URL", "https://auth.invalid")];
        run(folder.path(), &[&key, more].concat(), &["token", "refresh", "rt_x"])
    };
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        get(&[(name, &proxy.url)]).fails("the server cannot be reached");
        assert_eq!(proxy.asked(), ["CONNECT auth.invalid:443 HTTP/1.1"], "{name}");
    }
    get(&[("HTTPS_PROXY", &format!("http://user:p%40ss@{host}"))]).fails("the server cannot be reached");
    let asked = proxy.asked();
    assert_eq!(asked[0], "CONNECT auth.invalid:443 HTTP/1.1");
    assert!(asked[1].ends_with("Basic dXNlcjpwQHNz"), "{asked:?}");
    // HTTP_PROXY is for http, which only servers of this machine are asked by.
    for more in
        [[("HTTP_PROXY", proxy.url.as_str()), ("a", "b")], [("HTTPS_PROXY", &proxy.url), ("NO_PROXY", ".invalid")]]
    {
        get(&more).fails("no host has the name auth.invalid");
    }
    for url in ["http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9"] {
        get(&[("ALL_PROXY", &proxy.url), ("HTTP_PROXY", &proxy.url), ("LATCHKEY_URL", url)])
            .fails("cannot be reached: nothing listens at");
    }
    assert!(proxy.asked().is_empty());
}

/// A proxy finds addresses itself, so a name is not looked up here. A number is refused all the same.
#[test]
fn a_provider_is_asked_through_the_proxy_and_one_at_a_private_address_is_not() {
    let (place, proxy) = (Place::new(), Proxy::to("127.0.0.1:9".to_owned()));
    let test = |issuer: &str| {
        let mut command = place.command(&["institution", "idp", "test", "128807", "--issuer", issuer]);
        let done = Done::of(command.env("HTTPS_PROXY", &proxy.url).output().unwrap());
        done.fails("1 fault of the provider");
        done.out
    };
    let away = test("https://login.invalid");
    assert!(away.contains("cannot be read") && !away.contains("no host has the name"), "{away}");
    assert_eq!(proxy.asked(), ["CONNECT login.invalid:443 HTTP/1.1"]);
    assert!(test("https://10.0.0.1").contains("not one of the public network"));
    assert!(proxy.asked().is_empty());
}
