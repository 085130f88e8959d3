//! What an operator does about an error code of AWS.

/// Whether a permission is missing, in the words of any service.
pub fn is_denied(code: &str) -> bool {
    ["AccessDeniedException", "AccessDenied"].contains(&code)
}

/// About the codes by which any service refuses the credentials themselves; none about other codes.
pub fn on_credentials(code: &str) -> Option<&'static str> {
    match code {
        "ExpiredTokenException" | "ExpiredToken" => {
            Some("the AWS credentials have expired; sign in again, or renew AWS_SESSION_TOKEN with its key")
        }
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch" => Some(
            "AWS does not accept the credentials; check access key, secret key, session token and the machine's clock",
        ),
        _ => None,
    }
}

/// About a code by which KMS gives no MAC (the errors of its GenerateMac). `no answer` is no code of AWS.
pub(crate) fn on_kms(code: &str) -> &'static str {
    match code {
        _ if is_denied(code) => "the role or the credentials lack that permission, in their policy or in the key's",
        "NotFoundException" => {
            "the account and region have no such key; check the key and AWS_REGION, and in another region name the key's replica there"
        }
        "DisabledException" => "the key is disabled; enable it (aws kms enable-key)",
        "KMSInvalidStateException" => {
            "the key cannot be used now; if it is to be deleted, cancel that (aws kms cancel-key-deletion) and enable it"
        }
        "InvalidKeyUsageException" => "the key gives no MAC; it must be an HMAC_256 key",
        "no answer" => "check region, endpoint, network and proxy (HTTPS_PROXY, NO_PROXY)",
        _ => on_credentials(code).unwrap_or("check the key, its state (aws kms describe-key) and the region"),
    }
}
