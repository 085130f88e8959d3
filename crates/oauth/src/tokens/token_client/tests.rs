//! Which clients' tokens count.

use super::*;
use crate::example::{NOW, grant};

#[test]
fn a_token_counts_while_its_client_is_there_and_enabled_and_has_not_had_its_grant_ended() {
    let client = |disabled, not_before| Some(TokenClient { disabled, not_before });
    for (client, expected) in [
        (None, Err(TokenClientError::Deleted)),
        (client(false, None), Ok(())),
        (client(true, None), Err(TokenClientError::Disabled)),
        (client(true, Some(NOW + 1)), Err(TokenClientError::Disabled)),
        // What was granted in that second was not granted before it.
        (client(false, Some(NOW)), Ok(())),
        (client(false, Some(NOW + 1)), Err(TokenClientError::Ended)),
        (client(false, Some(u64::MAX)), Err(TokenClientError::Ended)),
    ] {
        assert_eq!(check(&grant(), client), expected, "{client:?}");
    }
}
