//! What a setting is: its name, what it may be, and how a deployment sets it.

use std::fmt;

use crate::service::Function;

/// One environment variable.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// What holds where it is not set. An empty value counts as not set.
    pub default: Default,
    /// What it may be.
    pub kind: Kind,
    /// What it does, in one sentence without a full stop. Both deployments say it too.
    pub words: &'static str,
    /// What an operator must know besides, for the document.
    pub more: &'static str,
    /// The functions that act on it; none for one of the command line.
    pub readers: &'static [Function],
    /// How the deployments set it; none for one of the command line.
    pub deployed: Option<Deployed>,
}

/// What holds where a variable is not set.
#[derive(Clone, Copy, Debug)]
pub enum Default {
    /// Nothing: the program does not start.
    Required,
    /// Nothing: what happens then, for the document.
    Unset(&'static str),
    /// A number.
    Number(u64),
    /// A text.
    Text(&'static str),
}

/// What a variable may be. Printed, it is what an error says: `LATCHKEY_CODE_SECONDS must be a number of seconds, 1 to 600`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A span of time from the first to the second.
    Seconds(u64, u64),
    /// A number of what the text says, from the first to the second.
    Count(&'static str, u64, u64),
    /// A point in time, POSIX seconds. Milliseconds are too great.
    Time,
    /// A port.
    Port,
    /// `#rrggbb`.
    Color,
    /// What people read.
    Name,
    /// The service's own URL (RFC 8414 section 2).
    Issuer,
    /// A URL that is safe in a header and in a page.
    Url,
    /// The same, or `mailto:` and an address.
    Help,
    /// A URL that is safe in a header and in a page, as the base of a fragment, of so many bytes at most.
    BaseUrl(usize),
    /// Scopes with one blank between them, of so many bytes at most in all.
    Scopes(usize),
    /// Names of sealing keys.
    KeyNames,
    /// Routes and their scopes.
    RouteScopes,
    /// Secrets that a proxy sends.
    ProxySecrets,
    /// `true` or `false`.
    Flag,
    /// What a user is called.
    Subject,
    /// What old sealing keys still do.
    OldKeys,
    /// Line 6 of the signed text.
    SignatureHost,
    /// Line 8 of the signed text.
    SignaturePath,
    /// Any text.
    Text,
}

/// What [`Kind::SignatureHost`] is, for both deployments: a pattern of the same texts as [`Kind::fits`] takes, and words.
pub(super) const HOST: (&str, &str) = (
    "^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$",
    "a host name of at most 64 characters, without scheme, port or path",
);

/// What [`Kind::SignaturePath`] is, likewise.
pub(super) const PATH: (&str, &str) =
    (r##"^/[!"$->@-~]{0,63}$"##, "a path that begins with a slash, of at most 64 characters, without blanks, ? and #");

/// The year 2100. A time in milliseconds would be later.
const LAST_TIME: u64 = 4_102_444_800;

impl Kind {
    /// The least and the greatest, where it is a number.
    pub const fn bounds(self) -> Option<(u64, u64)> {
        match self {
            Self::Seconds(least, most) | Self::Count(_, least, most) => Some((least, most)),
            Self::Port => Some((1, 65535)),
            Self::Time => Some((0, LAST_TIME)),
            _ => None,
        }
    }

    /// Whether a text can be its value, where it is a line of the signed text. Clients sign what is set here, so a text that
    /// cannot be a host or a path would refuse every signature.
    pub fn fits(self, text: &str) -> bool {
        let bytes = text.as_bytes();
        match self {
            Self::SignatureHost => {
                let ends = [bytes.first(), bytes.last()];
                ends.iter().all(|end| end.is_some_and(u8::is_ascii_alphanumeric))
                    && bytes.len() <= 64
                    && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(byte))
            }
            Self::SignaturePath => {
                bytes.first() == Some(&b'/')
                    && bytes.len() <= 64
                    && bytes.iter().all(|byte| byte.is_ascii_graphic() && !b"?#".contains(byte))
            }
            _ => true,
        }
    }

    /// Reads a number within its bounds.
    pub fn number(self, text: &str) -> Option<u64> {
        let (least, most) = self.bounds()?;
        text.parse().ok().filter(|number| (least..=most).contains(number))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seconds(least, most) => write!(f, "a number of seconds, {least} to {most}"),
            Self::Count(of, least, most) => write!(f, "a number of {of}, {least} to {most}"),
            Self::Port => f.write_str("a port, 1 to 65535"),
            Self::Time => f.write_str("a time in POSIX seconds that has come, or 0"),
            Self::Color => f.write_str("# and six hexadecimal digits"),
            Self::Name => f.write_str("a name on one line, of at most 200 bytes"),
            Self::Issuer => f.write_str("an https URL without a path and a final slash"),
            Self::Url => f.write_str("an https URL without quotes and blanks"),
            Self::Help => f.write_str("an https URL or mailto: and an e-mail address, without quotes and blanks"),
            Self::BaseUrl(most) => {
                write!(f, "an https URL of at most {most} bytes, without query, fragment, quotes and blanks")
            }
            Self::Scopes(most) => {
                write!(f, "scopes with one blank between them, each once, of at most {most} bytes in all")
            }
            Self::KeyNames => f.write_str("names of 1 to 64 letters, digits, - and _, with commas between them"),
            Self::RouteScopes => f.write_str("a JSON object from routes to scopes, such as {} or {\"*\":\"\"}"),
            Self::ProxySecrets => {
                f.write_str("one secret of 32 to 128 letters, digits, - and _, or two with a blank between them")
            }
            Self::Flag => f.write_str("true or false"),
            Self::Subject => f.write_str("v2 or legacy"),
            Self::OldKeys => f.write_str("none, open or seal"),
            Self::SignatureHost => f.write_str(HOST.1),
            Self::SignaturePath => f.write_str(PATH.1),
            Self::Text => f.write_str("a text"),
        }
    }
}

/// How the two deployments set a variable.
#[derive(Clone, Copy, Debug)]
pub struct Deployed {
    /// The parameter that chooses it, where there is one.
    pub parameter: Option<Parameter>,
    /// Its value in SAM's template; a reference to the parameter where this is empty.
    pub sam: &'static str,
    /// Its value in Terraform; the variable where this is empty.
    pub terraform: &'static str,
    /// Where the value is a secret: what says in SAM's numbered settings which one it is.
    pub noted: &'static str,
    /// The reason, for readers of the deployments.
    pub comment: &'static str,
}

/// A parameter of both deployments. Of a number, pattern and constraint come from its bounds.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// SAM's name.
    pub sam: &'static str,
    /// Terraform's name.
    pub terraform: &'static str,
    /// Under which heading SAM's console shows it.
    pub group: &'static str,
    /// What SAM's console adds to the setting's words.
    pub more: &'static str,
    /// What it must match.
    pub pattern: &'static str,
    /// The most characters that SAM takes: Lambda has 4 KB for all variables of a function.
    pub most: Option<u32>,
    /// What SAM says that it must be.
    pub constraint: &'static str,
    /// Terraform's own pattern, constraint and greatest length, where they are not SAM's.
    pub elsewhere: Option<Elsewhere>,
}

/// What Terraform takes, which has room for longer values.
#[derive(Clone, Copy, Debug)]
pub enum Elsewhere {
    /// A variable like the others.
    Checked {
        /// What Terraform adds to the setting's words.
        more: &'static str,
        /// What it must match; SAM's where this is empty.
        pattern: &'static str,
        /// The most characters.
        most: Option<u32>,
        /// What Terraform says that it must be.
        constraint: &'static str,
    },
    /// A variable that is written by hand in `variables.tf`.
    ByHand,
}

/// A setting that each deployment computes: no parameter chooses it.
pub(super) const fn value(sam: &'static str, terraform: &'static str) -> Option<Deployed> {
    Some(Deployed { parameter: None, sam, terraform, noted: "", comment: "" })
}

impl Setting {
    /// Its default, where that is a number.
    pub const fn number(&self) -> u64 {
        match self.default {
            Default::Number(number) => number,
            _ => 0,
        }
    }

    /// Its default, where that is a text.
    pub const fn text(&self) -> &'static str {
        match self.default {
            Default::Text(text) => text,
            _ => "",
        }
    }

    /// Its default, as a deployment writes it.
    pub fn written(&self) -> String {
        match self.default {
            Default::Number(number) => number.to_string(),
            Default::Text(text) => text.to_owned(),
            Default::Required | Default::Unset(_) => String::new(),
        }
    }
}
