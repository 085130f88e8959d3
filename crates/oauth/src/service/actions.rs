//! What each function's role may do: what its endpoint calls, and no more. No role may delete or scan. One may query, and only
//! the index of users' grants. No function may write a client or a user. The rehearsal says the same once more, on its own, and a
//! test holds it to what requests call.

use crate::service::Function;

/// Actions of DynamoDB, by table, and of KMS.
#[derive(Clone, Copy, Debug)]
pub struct Permitted {
    /// On clients.
    pub clients: &'static [&'static str],
    /// What versions of 0.1.0 call on clients besides. It is permitted as long as old keys do something.
    pub clients_of_before: &'static [&'static str],
    /// The attributes of clients that it may not read, once old keys do nothing. Versions of 0.1.0 read them.
    pub withheld: &'static [&'static str],
    /// The attributes of clients that it may read by GetItem, if the deployment asks about the clients of tokens. Empty where it
    /// may read clients anyway, or none.
    pub of_token_clients: &'static [&'static str],
    /// On tokens.
    pub tokens: &'static [&'static str],
    /// On the index of users' grants, which the table of tokens has.
    pub holders: &'static [&'static str],
    /// On users.
    pub users: &'static [&'static str],
    /// On counters of attempts, which are in the users table: their keys are # and more. The directory's key is a bare #,
    /// users' have none.
    pub attempts: &'static [&'static str],
}

/// What the functions call on each table, as DynamoDB names the operations of its metrics. A transaction is an operation of
/// its own: its permissions are those of the writes in it.
pub const OPERATIONS: [(&str, &[&str]); 3] = [
    ("clients", READ),
    ("tokens", &["GetItem", "BatchGetItem", "PutItem", "UpdateItem", "TransactWriteItems", "Query"]),
    ("users", &["BatchGetItem", "TransactWriteItems"]),
];

/// What is read of the client of a token ([`TokenClient`](crate::tokens::token_client::TokenClient)), and its key. The store
/// reads them in this order.
pub const OF_TOKEN_CLIENTS: [&str; 3] = ["client_id", "disabled", "not_before"];

const READ: &[&str] = &["GetItem", "BatchGetItem"];

/// What a function's role may do.
pub const fn permitted(function: Function) -> Permitted {
    let checks = Permitted {
        clients: READ,
        clients_of_before: &[],
        withheld: &[],
        of_token_clients: &[],
        tokens: READ,
        holders: &[],
        users: &[],
        attempts: &[],
    };
    match function {
        // UpdateItem redeems a code, revokes the grant of one that is used twice, and notes polls of devices.
        Function::Issue => Permitted { tokens: &["GetItem", "BatchGetItem", "PutItem", "UpdateItem"], ..checks },
        Function::Refresh => Permitted { tokens: &["GetItem", "BatchGetItem", "PutItem"], ..checks },
        // BatchGetItem finds the grant of a device by its user code, with the counters; UpdateItem answers it. A user's grants
        // are found by a query of the index, read by BatchGetItem, and ended by UpdateItem.
        // A transaction of updates counts an attempt, and GetItem reads a client. Versions of 0.1.0 put counters, and read
        // clients by BatchGetItem: the role changes before the versions that an update replaces are gone, and a deployment may
        // go back to them.
        Function::Authorize => Permitted {
            clients: &["GetItem"],
            clients_of_before: &["BatchGetItem"],
            // It opens no secret, so it reads none.
            withheld: &["secrets"],
            tokens: &["GetItem", "BatchGetItem", "PutItem", "UpdateItem"],
            holders: &["Query"],
            users: &["BatchGetItem"],
            attempts: &["PutItem", "UpdateItem"],
            ..checks
        },
        Function::Introspect => checks,
        Function::Revoke => Permitted { tokens: &["GetItem", "BatchGetItem", "UpdateItem"], ..checks },
        // It checks no signature, so it has no key.
        Function::Authorizer => Permitted { clients: &[], of_token_clients: &OF_TOKEN_CLIENTS, ..checks },
    }
}
