//! Whom a function believes to be AWS.

use aws_smithy_http_client::tls::TrustStore;

/// The roots of Amazon Trust Services, which the certificates of AWS's endpoints chain to, and all of which AWS asks those
/// to trust who trust a few: <https://www.amazontrust.com/repository/>.
pub const AMAZON: &str = include_str!("amazon_roots.pem");

/// Amazon's own roots where AWS itself is called, by a region of the partitions that they are for. To read and parse all that
/// a system trusts is most of a function's start.
///
/// The system's, as `SSL_CERT_FILE` and `SSL_CERT_DIR` name them, where one of these is set, another endpoint is, or FIPS
/// endpoints are asked for: who signs their certificates is written nowhere.
pub fn trusted(region: &str, variable: impl Fn(&str) -> Option<String>) -> Roots {
    let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|name| variable(name).is_some());
    let fips = variable("AWS_USE_FIPS_ENDPOINT").is_some_and(|asked| !asked.eq_ignore_ascii_case("false"));
    let endpoints = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_KMS"];
    let elsewhere = endpoints.iter().any(|name| variable(name).is_some_and(|url| !is_amazon(&url)));
    if named || fips || elsewhere || !is_known(region) { Roots::System } else { Roots::Amazon }
}

/// What [`trusted`] chooses from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roots {
    /// [`AMAZON`].
    Amazon,
    /// What the system trusts.
    System,
}

impl From<Roots> for TrustStore {
    fn from(roots: Roots) -> Self {
        match roots {
            Roots::Amazon => Self::empty().with_pem_certificate(AMAZON),
            Roots::System => Self::default(),
        }
    }
}

fn is_amazon(url: &str) -> bool {
    let host = url.strip_prefix("https://").and_then(|rest| rest.split(['/', ':', '@', '?']).next());
    host.is_some_and(|host| host.ends_with(".amazonaws.com") || host.ends_with(".api.aws"))
}

/// The commercial partition. GovCloud, China, the isolated regions and the European sovereign cloud are apart.
fn is_known(region: &str) -> bool {
    let mut parts = region.split('-');
    let (area, place) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    ["af", "ap", "ca", "eu", "il", "me", "mx", "sa", "us"].contains(&area)
        && !place.starts_with("iso")
        && place != "gov"
}
