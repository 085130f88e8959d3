//! `latchkey audit`: each command that changes something leaves its records, and none of them has a secret.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_cli::local::AUDIT_TABLE;
use latchkey_dynamodb::aws::dynamodb_at;
use latchkey_testkit::assertion::Key;
use latchkey_testkit::hunt::Hunt;
use serde_json::Value;

use crate::idp::provider::{Answer, KEYS, Provider, keys};
use crate::place::{Done, GET, Place, run};
use crate::running::Running;
use crate::users::typed;

mod list;

/// The commands that change nothing of a deployment's, or that do as a client does.
const READING: [&str; 29] = [
    "serve",
    "client-guide",
    "client-list",
    "client-show",
    "grant-list",
    "grant-show",
    "user-show",
    "user-list",
    "user-log-id",
    "institution-list",
    "institution-idp-test",
    "institution-idp-show",
    "scope-list",
    "scope-publish",
    "audit-list",
    "sign",
    "token-get",
    "token-device",
    "token-login",
    "token-redeem",
    "token-refresh",
    "token-introspect",
    "token-revoke",
    "token-show",
    "token-check",
    "explain",
    "completions",
    "man",
    "export",
];

/// The commands without commands below them, as their manual pages are named.
fn commands() -> BTreeSet<String> {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(folder.path(), &[], &["man", "--output", "man"]).code, 0);
    let files = std::fs::read_dir(folder.path().join("man")).unwrap();
    let names: BTreeSet<_> = files
        .filter_map(|file| {
            let name = file.unwrap().file_name().into_string().unwrap();
            Some(name.strip_prefix("latchkey-")?.strip_suffix(".1")?.to_owned())
        })
        .collect();
    let is_leaf = |name: &&String| !names.iter().any(|other| other.starts_with(&format!("{name}-")));
    names.iter().filter(is_leaf).cloned().collect()
}

impl Place {
    pub fn records(&self, more: &[&str]) -> Vec<Value> {
        let listed = self.admin(&[&["audit", "list", "--json"], more].concat());
        serde_json::from_value(listed.json()).unwrap()
    }

    /// The records since so many were there, oldest first.
    fn since(&self, before: usize) -> Vec<Value> {
        let mut records = self.records(&[]);
        records.truncate(records.len() - before);
        records.reverse();
        records
    }
}

#[test]
fn every_command_that_changes_something_leaves_its_records_and_no_secret() {
    let place = Place::new();
    let mut hunt = Hunt::default();
    let (mut seen, mut counted) = (BTreeSet::new(), place.records(&[]).len());
    assert_eq!(counted, 0, "the server's own client and user are no operator's change");
    // Runs a command, and says what its records have of steps and subjects.
    let mut check = |command: &str, more: &[&str], input: &str, expected: &[&str]| {
        let words: Vec<_> = command.split(' ').collect();
        let done = typed(&place, &[&words, more, &["--json"]].concat(), input).json();
        let records = place.since(counted);
        counted += records.len();
        let told: Vec<_> = records
            .iter()
            .map(|record| {
                assert_eq!(record["command"], command, "{record}");
                assert_eq!(record["run"], records[0]["run"], "{record}");
                assert!(record["actor"].is_string() && record["actor_said"].is_null(), "{record}");
                let text = |name: &str| record[name].as_str().map(|value| format!("{name}={value}"));
                let grants = record["grant_ids"].as_array().unwrap().len();
                let changed = record["changes"].as_array().unwrap().iter();
                let changed: Vec<_> = changed.map(|change| change["attribute"].as_str().unwrap()).collect();
                let parts = [
                    record["step"].as_str().map(|step| format!("{step} {}", record["items"])),
                    text("client_id"),
                    text("institution_id"),
                    text("username"),
                    text("scope"),
                    (grants > 0).then(|| format!("grants={grants}")),
                    (!changed.is_empty()).then(|| changed.join(",")),
                ];
                parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
            })
            .collect();
        assert_eq!(told, expected, "{command}");
        seen.insert(command.replace(' ', "-"));
        done
    };
    let (secret, password) = (hunt.fresh("an imported secret"), hunt.fresh("a password"));
    let new = "disabled";
    check("institution add", &["4711", "--name", "Lab"], "", &["institution_id=4711 institutions"]);
    let provider = Provider::new();
    let provided = hunt.fresh("the secret of a provider");
    let new_provider = ["4711", "--issuer", &provider.url, "--client-id", "latchkey", "--secret", "-"];
    let of_provider = "institution_id=4711 algorithm,auth_method,authorization_endpoint,claim,client_secret,\
                       end_session_endpoint,issuer,jwks_uri,keys,namespace,registered_client_id,requested_scope,\
                       selects_account,sends_iss,token_endpoint";
    check("institution idp set", &new_provider, &provided, &[of_provider]);
    check(
        "institution idp set",
        &["4711", "--only", "--refresh-days", "7"],
        "",
        &["institution_id=4711 only,refresh_seconds"],
    );
    check("institution idp set", &["4711", "--secret", "-"], &provided, &["institution_id=4711 client_secret"]);
    provider.answers(KEYS, Answer::json(&keys(&[("second", Key::Rs256)])));
    check("institution idp refresh", &["4711"], "", &["institution_id=4711 keys"]);
    // In a test of its own: a_rotated_key_seals_the_secrets_of_providers_anew.
    check("institution idp reseal", &[], "", &["begun 0", "done 0"]);
    // What keeps its namespace from the next provider stays.
    let removed = "institution_id=4711 algorithm,auth_method,authorization_endpoint,client_secret,end_session_endpoint,jwks_uri,\
                   keys,only,refresh_seconds,registered_client_id,removed_at,requested_scope,selects_account,sends_iss,\
                   token_endpoint";
    check("institution idp remove", &["4711", "--yes"], "", &[removed]);
    let release = ["4711", "--yes", "--namespace", "urn:latchkey:4711:provider"];
    check("institution idp release", &release, "", &["institution_id=4711 namespace_released"]);
    let file = "institution,name\n4712,Second\n4713,Third\n";
    check("institution import", &["-"], file, &["institutions"]);
    check("scope describe", &["LAB", "--name", "Work"], "", &["scope=LAB services"]);
    check("scope remove", &["LAB"], "", &["scope=LAB services"]);
    let app =
        ["--name", "App", "--grant-type", "client_credentials", "--grant-type", "refresh_token", "--scope", "LAB"];
    let app = [&app[..], &["--institution", "4711"]].concat();
    let id = |id: &'static str| [&["--client-id", id], &app[..]].concat();
    let made = check(
        "client create",
        &id("made"),
        "",
        &[
            "client_id=made auth_methods,grant_types,institutions,name,namespaces,scopes,secrets,signed_principal_required",
        ],
    );
    hunt.add("a made secret", made["secret"].as_str().unwrap().as_bytes());
    let imported = [&id("imported")[..], &["--secret", "-"]].concat();
    check(
        "client import",
        &imported,
        &secret,
        &[
            "client_id=imported auth_methods,grant_types,institutions,name,namespaces,scopes,secrets,signed_principal_required",
        ],
    );
    check(
        "client update",
        &["made", "--redirect-uri", "https://app.example/cb", "--add-grant-type", "authorization_code"],
        "",
        &["client_id=made grant_types,redirect_uris"],
    );
    let rotated = check("client rotate-secret", &["made"], "", &["client_id=made secrets"]);
    hunt.add("a new secret", rotated["secret"].as_str().unwrap().as_bytes());
    check("client disable", &["made"], "", &[&format!("client_id=made {new}")]);
    check("client enable", &["made"], "", &[&format!("client_id=made {new}")]);
    check("client revoke-all", &["made", "--yes"], "", &["client_id=made not_before"]);
    let key = place.folder.path().join(".latchkey/sealing.key");
    let kept = std::fs::read_to_string(&key).unwrap();
    std::fs::write(&key, format!("new:{}\n{kept}", "A".repeat(43) + "=")).unwrap();
    let resealed: Vec<_> = ["demo", "imported", "made"].map(|id| format!("client_id={id} secrets")).into();
    let resealed = [&["begun 3".to_owned()], &resealed[..], &["done 3".to_owned()]].concat();
    check("client reseal", &[], "", &resealed.iter().map(String::as_str).collect::<Vec<_>>());
    check("client reseal", &[], "", &["begun 0", "done 0"]);
    std::fs::write(&key, kept).unwrap();
    let alice = ["--institution", "4711", "alice"];
    let of_alice = |more: &str| format!("institution_id=4711 username=alice {more}").trim_end().to_owned();
    let attributes = "password_hash,principal_id,principal_idns";
    check("user add", &alice, &password, &[&of_alice(attributes)]);
    check("user passwd", &alice, &password, &[&of_alice("password_hash")]);
    let enrolled = check("user totp enrol", &alice, "", &[&of_alice("second_factor,recovery_codes")]);
    hunt.add("a secret of an app", enrolled["uri"].as_str().unwrap().split(['=', '&']).nth(1).unwrap().as_bytes());
    // In a test of its own: a_rotated_key_seals_second_factors_anew.
    check("user totp reseal", &[], "", &["begun 0", "done 0"]);
    let renewed = check("user totp codes", &alice, "", &[&of_alice("recovery_codes")]);
    hunt.add("a recovery code", renewed["recovery_codes"][0].as_str().unwrap().as_bytes());
    check("user totp remove", &alice, "", &[&of_alice("second_factor,recovery_codes")]);
    check("user unlock", &alice, "", &[&of_alice("failures")]);
    let [begun, done] = ["begun 1", "done 1"].map(|step| format!("{step} {}", of_alice("")));
    let (marked, unmarked) = (of_alice("disabled,ending"), of_alice("ending"));
    check("user disable", &alice, "", &[&begun, &marked, &unmarked, &done]);
    check("user enable", &alice, "", &[&of_alice(new)]);
    let file = format!("username,password\nbob,{password}\nalice,{password}\ncarol,{password}\n");
    let added = ["bob", "carol"].map(|name| format!("institution_id=4711 username={name} {attributes}"));
    let (begun, done) = ("begun 3 institution_id=4711", "done 2 institution_id=4711");
    check("user import", &["-", "--institution", "4711"], &file, &[begun, &added[0], &added[1], done]);
    let principal = ["--principal-id", "p", "--principal-idns", "urn:p"];
    let code = ["--client-id", "made", "--redirect-uri", "https://app.example/cb", "--scope", "LAB refresh_token"];
    let code = [&code[..], &["--institution", "4711"], &principal].concat();
    let mut codes = Vec::new();
    for _ in 0..3 {
        let expected = ["client_id=made institution_id=4711 grants=1 redirect_uri,scope"];
        let made = check("code create", &code, "", &expected);
        hunt.add("a code", made["code"].as_str().unwrap().as_bytes());
        codes.push(made);
    }
    let of_made = ["client_id=made institution_id=4711 grants=1"];
    check("grant revoke", &[codes[0]["grant_id"].as_str().unwrap()], "", &of_made);
    check("grant revoke", &["-"], codes[1]["code"].as_str().unwrap(), &of_made);
    let revoked = [&["--yes"], &principal[..]].concat();
    check("grant revoke", &revoked, "", &["begun 1", "grants=1", "done 1"]);
    // Again: it finds nothing to do. So a run that was cut off after its last change is cleared.
    check("grant revoke", &revoked, "", &["begun 0", "done 0"]);
    check("code create", &code, "", &["client_id=made institution_id=4711 grants=1 redirect_uri,scope"]);
    let of_made = ["begun 2", "", "", "", "done 2"];
    let more = ["", " disabled", " grants=1", "", ""];
    let deleted: Vec<_> =
        of_made.iter().zip(more).map(|(step, more)| format!("{step} client_id=made{more}").trim().to_owned()).collect();
    check(
        "client delete",
        &["made", "--yes", "--wait", "0"],
        "",
        &deleted.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let deleted = [of_alice("disabled,ending"), of_alice("")];
    let [begun, done] = ["begun 1", "done 1"].map(|step| format!("{step} {}", of_alice("")));
    let args = [&["--yes", "--wait", "0"], &alice[..]].concat();
    check("user delete", &args, "", &[&begun, &deleted[0], &deleted[1], &done]);
    check("grant index", &[], "", &["begun 0", "", "done 0"]);
    check("institution remove", &["4711", "--yes"], "", &["institution_id=4711 institutions"]);
    // In a test of its own: what_a_declared_file_changes_is_recorded.
    seen.insert("apply".to_owned());

    let reading: BTreeSet<_> = READING.map(str::to_owned).into();
    let gone: Vec<_> = reading.union(&seen).filter(|name| !commands().contains(*name)).collect();
    assert!(gone.is_empty(), "these are no commands: {gone:?}");
    let unlisted: Vec<_> =
        commands().into_iter().filter(|name| !seen.contains(name) && !reading.contains(name)).collect();
    assert!(unlisted.is_empty(), "these commands leave no record, or are not listed as reading: {unlisted:?}");

    let listed = place.admin(&["audit", "list", "--json"]).out;
    let shown = place.admin(&["audit", "list"]).out;
    hunt.finds_nothing("the records", format!("{listed}{shown}").as_bytes());
    assert!(!listed.contains("argon2"), "{listed}");
    assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
    assert!(shown.contains("redirect_uris: +") && shown.contains("begun, 3 items"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_of_an_older_version_gets_its_table_of_records() {
    let place = Place::new();
    dynamodb_at(&place.server.dynamodb_url).delete_table().table_name(AUDIT_TABLE).send().await.unwrap();
    place.admin(&["scope", "describe", "A", "--name", "B"]).fails("the region has no such table");
    assert!(!place.admin(&["scope", "list"]).out.contains("A "), "nothing changes without its record");
    let Place { server, folder } = place;
    server.end("-INT");
    let server = Running::start(folder.path(), &[]);
    let place = Place { server, folder };
    assert_eq!(place.admin(&["scope", "describe", "A", "--name", "B"]).code, 0);
    assert_eq!(place.records(&[]).len(), 1);
    let got = place.client(&place.create(), &GET);
    assert_eq!(got.code, 0, "{}", got.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_ends_after_seven_years_or_after_the_days_of_the_setting_a_year_at_least() {
    let place = Place::new();
    let kept = async || {
        let found = dynamodb_at(&place.server.dynamodb_url).scan().table_name(AUDIT_TABLE).send().await.unwrap();
        let seconds = found.items().iter().map(|item| {
            let number = |name: &str| item[name].as_n().map(|number| number.parse::<u64>().unwrap()).unwrap();
            assert!(item.values().all(|value| !matches!(value, AttributeValue::B(_))), "no bytes: {item:?}");
            number("expires_at") - number("at")
        });
        seconds.collect::<BTreeSet<_>>()
    };
    place.create();
    assert_eq!(kept().await, BTreeSet::from([2557 * 86_400]));
    for (days, accepted) in [("365", true), ("364", false), ("0", false), ("36526", false), ("x", false)] {
        let mut command = place.command(&["scope", "describe", "A", "--name", days]);
        let done = Done::of(command.env("LATCHKEY_AUDIT_DAYS", days).output().unwrap());
        assert_eq!(done.code == 0, accepted, "{}", done.err);
        assert!(
            accepted || done.err.contains("LATCHKEY_AUDIT_DAYS must be a number of days, 365 to 36525"),
            "{}",
            done.err
        );
    }
    assert_eq!(kept().await, BTreeSet::from([365 * 86_400, 2557 * 86_400]));
}
