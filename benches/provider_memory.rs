//! `cargo bench --bench provider_memory`: what the provider of an institution adds to the memory of `authorize`. The function
//! that is shipped, or the program that an argument names, answers under a Runtime API.
//!
//! With a local endpoint for DynamoDB, a function trusts what `SSL_CERT_FILE` says, for DynamoDB too. So the last line has two
//! lists of the system's authorities where a function in Lambda has one beside Amazon's five: it is an upper bound.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::path::Path;

use latchkey_cli::local::{Options, Server};
use latchkey_testkit::bench::built::Shipped;
use latchkey_testkit::bench::process;
use latchkey_testkit::events::browser_event;
use latchkey_testkit::provider::Idp;
use latchkey_testkit::reply::leads;
use latchkey_testkit::runtime_api::{Function, environment};
use latchkey_testkit::tls::Tls;
use latchkey_testkit::visitor::request;
use latchkey_testkit::world::{Choices, World};
use serde_json::Value;

/// Pages before a line is printed, and visits to the provider.
const PAGES: usize = 300;
const VISITS: usize = 100;

/// Where Debian, Amazon Linux and the like keep the authorities that the system trusts.
const SYSTEM: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

#[tokio::main]
async fn main() {
    let named = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let binary = named.unwrap_or_else(|| Shipped::build().program("authorize"));
    let folder = tempfile::tempdir().unwrap();
    let options = Options { state: Some(folder.path().to_owned()), memory: true, ..Options::default() };
    let server = Server::start(options).await.unwrap();
    let choices = Choices { store: Some(server.service.store.clone()), ..Default::default() };
    let world = World::sharing(choices, folder.path()).await;
    world.with_people().await;
    let query = request(&world.client().await, &[]);
    let idp = Idp::of(&world, |_| ()).await;
    let tls = Tls::before(server.dynamodb_url.as_deref().unwrap(), folder.path()).await;
    let own = std::fs::read_to_string(&tls.certificates).unwrap();
    let system = SYSTEM.iter().find_map(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    let with_system = folder.path().join("system.pem");
    std::fs::write(&with_system, own.clone() + &system).unwrap();

    println!("trusted  pages  visits  resident, MB");
    for (certificates, visits) in [(&tls.certificates, 0), (&with_system, 0), (&with_system, VISITS)] {
        let mut environment = environment(&tls.url, folder.path());
        environment.push(("LATCHKEY_ISSUER", world.issuer()));
        environment.push(("SSL_CERT_FILE", certificates.to_str().unwrap().to_owned()));
        environment.push(("SSL_CERT_DIR", folder.path().join("none").to_str().unwrap().to_owned()));
        let function = Function::under_our_own(&binary, environment).await;
        for _ in 0..PAGES {
            Tab::default().ask(&function, "GET", "authorizeCode", &query, "").await;
        }
        for visit in 0..visits {
            Tab::default().visit(&function, &world, &idp, &query, &format!("reader-{visit}")).await;
        }
        let resident = process::resident(function.child.id());
        println!("{:>7}{PAGES:>7}{visits:>8}{resident:>14.1}", authorities(certificates));
    }
}

fn authorities(file: &Path) -> usize {
    std::fs::read_to_string(file).unwrap().matches("BEGIN CERTIFICATE").count()
}

/// A browser's tab, with its cookies.
#[derive(Default)]
struct Tab(Vec<String>);

impl Tab {
    async fn ask(&mut self, function: &Function, method: &str, last: &str, query: &str, body: &str) -> Value {
        let cookies = self.0.join("; ");
        let answer = function.invoke(&browser_event(method, last, query, Some(&cookies), body)).await;
        let set = answer["cookies"].as_array().into_iter().flatten().filter_map(Value::as_str);
        self.0.extend(set.map(|set| set.split(';').next().unwrap().to_owned()));
        answer
    }

    /// To the provider, and back with a code that it redeems.
    async fn visit(&mut self, function: &Function, world: &World, idp: &Idp, query: &str, subject: &str) {
        let page = self.ask(function, "GET", "authorizeCode", query, "").await;
        let form = page["body"].as_str().unwrap().split("name=\"form\" value=\"").nth(1).unwrap();
        let fields = format!("form={}&action=provider", form.split('"').next().unwrap());
        let left = self.ask(function, "POST", "authorizeCode", "", &fields).await;
        let back = idp.sign_in(world, &leads(left["body"].as_str().unwrap()).unwrap(), subject);
        let answer = self.ask(function, "GET", "callback", back.split_once('?').unwrap().1, "").await;
        assert_eq!(answer["statusCode"], 303, "{answer}");
    }
}
