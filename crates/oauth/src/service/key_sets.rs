//! The sets of functions that share sealing keys. Each set has a key of its own in KMS, and a role may derive from the keys of
//! its function's sets only: what one set sealed, a function of another set cannot open.

use super::Function::{self, Authorize, Issue};
use super::setting::{Default, Kind, Setting, value};

/// What there is to know of a set.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its name, which is in the message that each of its keys is derived from, and in the name of each of its keys.
    pub name: &'static str,
    /// The functions that may derive its keys.
    pub functions: &'static [Function],
    /// What they seal, for documents and descriptions.
    pub seals: &'static str,
    /// Whether versions before there were sets sealed such things: under old keys, which one key in KMS gave to all functions.
    pub is_old: bool,
    /// The variable with its key in KMS.
    pub kms_key: Setting,
    /// The name of that key's resource in SAM's template. Parameters, conditions and outputs are named after it.
    pub sam: &'static str,
    /// The name of that key's resource in Terraform. Variables, outputs and its alias are named after it.
    pub terraform: &'static str,
}

/// Makes the enum and the rows, so that a set is one row here.
macro_rules! key_sets {
    ($($set:ident: $name:literal, $functions:expr, seals $seals:literal, old $is_old:literal,
        $variable:literal, $sam:literal, $terraform:literal;)*) => {
        /// A set of functions that share sealing keys.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum KeySet {
            $(#[doc = concat!("For ", $seals, ".")] $set,)*
        }

        impl KeySet {
            /// Each of them.
            pub const ALL: &'static [Self] = &[$(Self::$set),*];

            /// What there is to know of it.
            pub const fn row(self) -> Row {
                match self {
                    $(Self::$set => Row {
                        name: $name,
                        functions: $functions,
                        seals: $seals,
                        is_old: $is_old,
                        kms_key: Setting {
                            name: $variable,
                            default: Default::Unset("this or `LATCHKEY_SEALING_KEY_FILE`"),
                            kind: Kind::Text,
                            words: concat!("Id or ARN of an HMAC_256 key in KMS, from which the keys that seal ", $seals, " are derived"),
                            more: "Another key than those of the other sets.",
                            readers: $functions,
                            deployed: value(
                                concat!("!If [Makes", $sam, ", !GetAtt ", $sam, ".Arn, !Ref Existing", $sam, "Arn]"),
                                concat!("local.key_arns.", $name),
                            ),
                        },
                        sam: $sam,
                        terraform: $terraform,
                    },)*
                }
            }
        }

        /// The variables with the keys in KMS.
        pub const KMS_KEYS: &[Setting] = &[$(KeySet::$set.row().kms_key),*];
    };
}

key_sets! {
    Clients: "clients", &Function::SIGNED, seals "client secrets", old true,
        "LATCHKEY_SEALING_KMS_KEY", "SealingKey", "sealing";
    Pages: "pages", &[Authorize], seals "sessions, forms, known browsers, second factors, secrets of providers and the pseudonyms of the log", old true,
        "LATCHKEY_PAGES_KMS_KEY", "PagesKey", "pages";
    Requests: "requests", &[Issue, Authorize], seals "authorization requests that clients push", old false,
        "LATCHKEY_REQUESTS_KMS_KEY", "RequestsKey", "requests";
}

/// The variable with the key in KMS that old keys are derived from. The client secrets' set goes on with it.
pub const SEALING_KMS_KEY: Setting = KeySet::Clients.row().kms_key;
/// The variable with the pages' key in KMS.
pub const PAGES_KMS_KEY: Setting = KeySet::Pages.row().kms_key;

impl KeySet {
    /// The sets of a function.
    pub fn of(function: Function) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |set| set.row().functions.contains(&function))
    }

    /// The name of a key of this set: the set's name, a slash, and one of the names that operators choose. No old key has a
    /// slash in its name.
    pub fn key_name(self, name: &str) -> String {
        format!("{}/{name}", self.row().name)
    }
}
