//! Whose certificates the functions trust: Amazon's roots where they call AWS itself, and the system's elsewhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use latchkey_dynamodb::aws;
use latchkey_dynamodb::roots::{AMAZON, Roots, trusted};
use latchkey_testkit::tls::Tls;
use sha2::{Digest as _, Sha256};

#[test]
fn the_roots_that_functions_trust_are_the_five_of_amazon_trust_services() {
    // Fingerprints as https://www.amazontrust.com/repository/ prints them.
    let published = [
        "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
        "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
        "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
        "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
        "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
    ];
    let ends = "-----END CERTIFICATE-----";
    let encoded = AMAZON.split(ends).map(|part| part.replace("-----BEGIN CERTIFICATE-----", "").replace('\n', ""));
    let roots = encoded.filter(|text| !text.is_empty()).map(|text| Sha256::digest(STANDARD.decode(text).unwrap()));
    let hex = |hash: &[u8]| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(roots.map(|hash| hex(&hash)).collect::<Vec<_>>(), published);
}

#[tokio::test]
async fn who_is_none_of_amazons_is_not_believed_to_be_dynamodb() {
    let folder = tempfile::tempdir().unwrap();
    let tls = Tls::before("http://127.0.0.1:9", folder.path()).await;
    let config = aws::dynamodb_at(&tls.url).config().to_builder().http_client(aws::http_client(Roots::Amazon));
    let refused = aws_sdk_dynamodb::Client::from_conf(config.build()).list_tables().send().await.unwrap_err();
    assert!(format!("{refused:?}").contains("UnknownIssuer"), "{refused:?}");
}

#[test]
fn amazons_roots_are_trusted_where_aws_itself_is_called_and_the_systems_elsewhere() {
    let with = |region, set: &[(&str, &str)]| {
        let set: Vec<_> = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        trusted(region, move |name| set.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
    };
    for region in ["us-east-1", "eu-central-2", "ap-southeast-4", "il-central-1", "mx-central-1"] {
        assert_eq!(with(region, &[]), Roots::Amazon, "{region}");
    }
    for region in
        ["cn-north-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "eusc-de-east-1", "us-gov-west-1", "local"]
    {
        assert_eq!(with(region, &[]), Roots::System, "{region}");
    }
    let dynamodb = "AWS_ENDPOINT_URL_DYNAMODB";
    for own in ["https://dynamodb.us-east-1.amazonaws.com", "https://vpce-1.dynamodb.us-east-1.vpce.amazonaws.com/"] {
        assert_eq!(with("us-east-1", &[(dynamodb, own)]), Roots::Amazon, "{own}");
    }
    for other in [
        "http://127.0.0.1:8000",
        "https://localhost:4566",
        "https://evil.example/.amazonaws.com",
        "https://amazonaws.com.evil",
    ] {
        assert_eq!(with("us-east-1", &[(dynamodb, other)]), Roots::System, "{other}");
    }
    for name in ["SSL_CERT_FILE", "SSL_CERT_DIR", "AWS_USE_FIPS_ENDPOINT"] {
        assert_eq!(with("us-east-1", &[(name, "set")]), Roots::System);
    }
    assert_eq!(with("us-east-1", &[("AWS_USE_FIPS_ENDPOINT", "False")]), Roots::Amazon);
}
