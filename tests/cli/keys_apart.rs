//! Keys apart, as operators meet them: a command derives the keys of one set, and only if it seals or opens; what old keys sealed
//! is sealed anew.

use latchkey_cli::local::tables;
use latchkey_dynamodb::aws::dynamodb_at;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::{Store, Usage};
use latchkey_oauth::secret::{ClientSecret, Keyring};
use latchkey_oauth::sign_in::factor::sealed_for;

use crate::place::{Done, GET, Place, run};
use crate::running::Running;

/// A deployment's settings, which lead to the engine and the keys of a local server.
struct Deployment {
    place: Place,
    url: String,
    names: String,
}

impl Deployment {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place { server: Running::start(folder.path(), &["--containers"]), folder };
        let (url, key) = (place.server.dynamodb_url.clone(), place.folder.path().join(".latchkey/sealing.key"));
        let names = std::fs::read_to_string(key).unwrap().split(':').next().unwrap().to_owned();
        Self { place, url, names }
    }

    fn run(&self, change: &[(&str, &str)], arguments: &[&str]) -> Done {
        let settings = [
            ("AWS_ENDPOINT_URL_DYNAMODB", self.url.as_str()),
            ("AWS_ENDPOINT_URL_KMS", &self.url),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("LATCHKEY_CLIENTS_TABLE", "latchkey-clients"),
            ("LATCHKEY_TOKENS_TABLE", "latchkey-tokens"),
            ("LATCHKEY_USERS_TABLE", "latchkey-users"),
            ("LATCHKEY_SEALING_KMS_KEY", "alias/latchkey-local-clients"),
            ("LATCHKEY_PAGES_KMS_KEY", "alias/latchkey-local-pages"),
            ("LATCHKEY_REQUESTS_KMS_KEY", "alias/latchkey-local-requests"),
            ("LATCHKEY_SEALING_KEY_NAMES", &self.names),
        ];
        let changed = |(name, _): &&(&str, &str)| !change.iter().any(|(other, _)| other == name);
        let settings: Vec<_> = settings.iter().filter(changed).chain(change).copied().collect();
        run(self.place.folder.path(), &settings, arguments)
    }
}

const CREATE: [&str; 9] =
    ["client", "create", "--name", "A", "--grant-type", "client_credentials", "--scope", "WMS_NCIP", "--json"];
const ENROL: [&str; 6] = ["user", "totp", "enrol", "--institution", "128807", "demo"];

#[test]
fn a_command_derives_the_keys_of_one_set_and_only_if_it_seals_or_opens() {
    let deployment = Deployment::new();
    // Keys that do not exist: whoever derives one of them fails.
    let (clients, pages) = (("LATCHKEY_SEALING_KMS_KEY", "alias/none"), ("LATCHKEY_PAGES_KMS_KEY", "alias/none"));
    let none = ("LATCHKEY_OLD_KEYS", "none");
    for arguments in
        [&["client", "list"][..], &["client", "show", "demo"], &["user", "list", "--institution", "128807"]]
    {
        deployment.run(&[clients, pages], &[arguments, &["--json"]].concat()).json();
        deployment.run(&[(clients.0, ""), (pages.0, "")], &[arguments, &["--json"]].concat()).json();
    }
    let create = [&CREATE[..], &["--institution", "128807"]].concat();
    deployment
        .run(&[clients, none], &create)
        .fails("LATCHKEY_SEALING_KMS_KEY: KMS does not do kms:GenerateMac with the key alias/none: ");
    deployment.run(&[pages, none], &create).json();
    deployment
        .run(&[pages, none], &ENROL)
        .fails("LATCHKEY_PAGES_KMS_KEY: KMS does not do kms:GenerateMac with the key alias/none: ");
    assert_eq!(deployment.run(&[clients, none], &ENROL).code, 0);
    let log_id = ["user", "log-id", "--institution", "128807", "demo"];
    deployment
        .run(&[pages, none], &log_id)
        .fails("LATCHKEY_PAGES_KMS_KEY: KMS does not do kms:GenerateMac with the key alias/none: ");
    assert!(deployment.run(&[clients, none], &log_id).out.contains("pages/"));
}

#[test]
fn a_command_refuses_to_seal_for_a_deployment_whose_keys_are_not_apart_yet() {
    let deployment = Deployment::new();
    let before = [("LATCHKEY_PAGES_KMS_KEY", "")];
    let create = [&CREATE[..], &["--institution", "128807"]].concat();
    for arguments in
        [&create[..], &ENROL, &["client", "rotate-secret", "demo"], &["client", "reseal"], &["user", "totp", "reseal"]]
    {
        deployment.run(&before, arguments).fails("LATCHKEY_PAGES_KMS_KEY is not set; it must name the key in KMS");
    }
    assert_eq!(deployment.run(&before, &["client", "list", "--json"]).json().as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_old_keys_sealed_is_sealed_anew_and_works_on() {
    let deployment = Deployment::new();
    let (store, usage) = (Store::new(dynamodb_at(&deployment.url), tables()), &mut Usage::default());
    let key = std::fs::read_to_string(deployment.place.folder.path().join(".latchkey/sealing.key")).unwrap();
    // As a version from before the sets used the key of a folder: itself, under its bare name.
    let old = Keyring::parse(&key).unwrap();
    let created = deployment.place.create();
    let id = created["client_id"].as_str().unwrap();
    let mut client = store.client(id, usage).await.unwrap().unwrap();
    assert_eq!(client.secrets[0].sealed.key, format!("clients/{}", deployment.names));
    let secret = ClientSecret::new(created["secret"].as_str().unwrap().to_owned());
    client.secrets[0].sealed = old.seal(id, &secret, random().unwrap()).unwrap();
    assert!(store.change_client(client, usage).await.unwrap().is_made());
    let mut user = store.user("128807", "demo", usage).await.unwrap().unwrap();
    let sealed = old.seal_bytes(&sealed_for(("128807", "demo")), b"12345678901234567890", random().unwrap());
    user.second_factor = Some(sealed.unwrap());
    assert!(store.change_user(user, usage).await.unwrap().is_made());
    deployment.place.client(&created, &GET).json();
    let none = [("LATCHKEY_OLD_KEYS", "none")];
    for (reseal, words) in [
        (&["client", "reseal", "--json"][..], "could not be sealed anew"),
        (&["user", "totp", "reseal", "--json"], "could not be"),
    ] {
        // Without the old keys nothing is lost either.
        deployment.run(&none, reseal).fails(words);
        assert_eq!(deployment.run(&[], reseal).json()["resealed"], 1);
        let again = deployment.run(&none, reseal).json();
        assert_eq!((&again["resealed"], &again["failed"]), (&0.into(), &0.into()));
    }
    let client = store.client(id, usage).await.unwrap().unwrap();
    let user = store.user("128807", "demo", usage).await.unwrap().unwrap();
    let keys = (client.secrets[0].sealed.key.as_str(), user.second_factor.as_ref().unwrap().key.as_str());
    assert_eq!(keys, (&*format!("clients/{}", deployment.names), &*format!("pages/{}", deployment.names)));
    deployment.place.client(&created, &GET).json();
}

#[test]
fn a_key_whose_name_is_a_date_of_two_years_ago_is_to_be_rotated() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".latchkey")).unwrap();
    let file = folder.path().join(".latchkey/sealing.key");
    let line = |name: &str| Keyring::line(name, &[7; 32]).to_string();
    std::fs::write(&file, line("2020-01-02")).unwrap();
    let place = Place { server: Running::start(folder.path(), &[]), folder };
    let create = [&CREATE[..], &["--institution", "128807"]].concat();
    let warned = place.admin(&create);
    warned.json();
    assert!(
        warned.err.contains("the key 'clients/2020-01-02' seals since the day in its name, 730 days"),
        "{}",
        warned.err
    );
    assert!(place.admin(&ENROL).err.contains("the key 'pages/2020-01-02'"));
    for name in ["2999-01-02", "v1", "2020-13-45"] {
        std::fs::write(&file, format!("{}{}", line(name), line("2020-01-02"))).unwrap();
        assert!(!place.admin(&create).err.contains("seals since"), "{name}");
    }
}
