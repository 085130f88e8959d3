//! Sealing keys derived by KMS, where the second engine of `LATCHKEY_TEST_DYNAMODB_URL` has one.

use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{KeySpec, KeyUsageType, MacAlgorithmSpec};
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::{Store, Tables, Usage};
use latchkey_oauth::client::Client;
use latchkey_oauth::secret::{ClientSecret, Keyring};
use latchkey_testkit::events::event;
use latchkey_testkit::runtime_api::{Function, environment};
use latchkey_testkit::signer::Signer;
use latchkey_testkit::world::{ASK, Choices, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_function_opens_secrets_with_the_keys_that_kms_derives_from_their_names() {
    let Ok(url) = std::env::var("LATCHKEY_TEST_DYNAMODB_URL") else {
        eprintln!("left out: no engine here has KMS (tests/run starts one)");
        return;
    };
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(latchkey_dynamodb::aws::http_client(latchkey_dynamodb::roots::Roots::System))
        .region(Region::from_static("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .endpoint_url(&url);
    let kms = aws_sdk_kms::Client::from_conf(config.build());
    let created = kms.create_key().key_spec(KeySpec::Hmac256).key_usage(KeyUsageType::GenerateVerifyMac).send().await;
    let key = created.unwrap().key_metadata.unwrap().arn.unwrap();
    let mac = |name: &'static str| {
        let message = Blob::new(format!("latchkey sealing key {name}"));
        kms.generate_mac().key_id(&key).mac_algorithm(MacAlgorithmSpec::HmacSha256).message(message).send()
    };
    let line = |name, mac: Blob| Keyring::line(name, mac.as_ref().try_into().unwrap()).to_string();
    let old = line("v1", mac("v1").await.unwrap().mac.unwrap());
    assert_ne!(old[3..], line("v2", mac("v2").await.unwrap().mac.unwrap())[3..], "each name has a key of its own");

    // Sealed as v1 a while ago; v2 is the one that seals now.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sealing.key"), &old).unwrap();
    let (old, secret) = (Keyring::parse(&old).unwrap(), || ClientSecret::new("as long as a secret should be".into()));
    let tables =
        Tables { clients: format!("clients-{}", key.len()), tokens: "tokens-kms".into(), users: "users-kms".into() };
    let store = Store::new(latchkey_dynamodb::aws::dynamodb_at(&url), tables.clone());
    store.create_tables(&mut Usage::default()).await.unwrap();
    let world = World::sharing(Choices { store: Some(store), ..Default::default() }, folder.path()).await;
    let edit = |client: &mut Client| {
        client.secrets[0].sealed = old.seal(&client.id, &secret(), random().unwrap()).unwrap();
    };
    let client = Signer { id: world.client_with(edit).await.id, secret: secret() };
    let mut environment = environment(&url, folder.path());
    environment.retain(|(name, _)| !name.starts_with("LATCHKEY_") && *name != "AWS_REGION");
    environment.extend([
        ("AWS_ENDPOINT_URL_KMS", url.clone()),
        // This engine keeps regions apart.
        ("AWS_REGION", "local".into()),
        ("LATCHKEY_CLIENTS_TABLE", tables.clients),
        ("LATCHKEY_TOKENS_TABLE", tables.tokens),
        ("LATCHKEY_USERS_TABLE", tables.users),
        ("LATCHKEY_SEALING_KMS_KEY", key.clone()),
        ("LATCHKEY_REQUESTS_KMS_KEY", key),
        ("LATCHKEY_SEALING_KEY_NAMES", "v2,v1".into()),
    ]);
    let function = Function::under_our_own(env!("CARGO_BIN_EXE_issue"), environment).await;
    let answer = function.invoke(&event("api-gateway", ASK, &client.sign(ASK, latchkey_dynamodb::clock::now()))).await;
    assert_eq!(answer["statusCode"], 200, "{answer}");
}
