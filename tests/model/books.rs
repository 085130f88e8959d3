//! The model: what clients, grants and tokens must be like after each answer.

use latchkey_oauth::token::UserCode;
use latchkey_testkit::reply::Reply;

use super::{LESS, NAMESPACES, NARROW, SCOPE, USER};

/// The model: all that anybody may know of what is good.
#[derive(Default)]
pub struct Model {
    pub now: u64,
    /// Of an access token, and of a code.
    pub life: u64,
    pub code_life: u64,
    /// What was granted before is good nowhere.
    pub not_before: u64,
    pub clients: Vec<Client>,
    pub grants: Vec<Grant>,
    pub tokens: Vec<Token>,
    pub sent: Vec<Sent>,
}

#[derive(Default)]
pub struct Client {
    pub id: String,
    /// When each of its secrets ends.
    pub keys: Vec<u64>,
    pub disabled: bool,
    pub shrunk: bool,
    /// May name users of the first namespace only.
    pub closed: bool,
    /// Must name users in parameters.
    pub signs: bool,
    /// Has an attribute that a newer version wrote.
    pub newer: bool,
    /// What it was granted before gets it nothing.
    pub not_before: u64,
    /// The name that the second operator gave it last.
    pub name: Option<String>,
}

#[derive(Default)]
pub struct Grant {
    pub client: usize,
    pub begun: u64,
    /// The namespace of the user that the client named.
    pub named: Option<usize>,
    /// What APIs know of whom it is for.
    pub subject: String,
    pub scope: &'static str,
    /// Its code, or its device code.
    pub code: String,
    /// What a user said to the device that began it; none where no device did, or no user has.
    pub said: Option<bool>,
    /// The code that a user types for its device.
    pub user_code: Option<UserCode>,
    pub code_ends: u64,
    pub redeemed_by: Option<usize>,
    pub revoked: bool,
}

pub struct Token {
    pub text: String,
    pub grant: usize,
    pub scope: &'static str,
    pub ends: u64,
    pub revoked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Asked {
    Issue,
    /// In the name of a user of this namespace, in the header or not.
    Name(usize, bool),
    Redeem(usize),
    Refresh(usize, bool),
    Revoke(usize),
}

#[derive(Clone)]
pub struct Sent {
    pub asked: Asked,
    pub by: usize,
    pub key: usize,
    pub at: u64,
    /// It got its tokens.
    pub spent: bool,
    pub query: String,
    pub authorization: String,
}

/// What APIs call the user of a namespace.
pub fn subject(namespace: usize) -> String {
    format!("urn:latchkey:user:{}/{USER}", NAMESPACES[namespace])
}

impl Model {
    pub fn is_good(&self, token: &Token) -> bool {
        let Grant { revoked, begun, .. } = self.grants[token.grant];
        !token.revoked && !revoked && self.now < token.ends && begun >= self.not_before
    }

    /// Whether a grant is of use to its client, as far as its age goes.
    pub fn is_of_use(&self, grant: usize) -> bool {
        let Grant { client, begun, .. } = self.grants[grant];
        begun >= self.not_before.max(self.clients[client].not_before)
    }

    pub fn is_own(&self, sent: &Sent) -> bool {
        let grant = match sent.asked {
            Asked::Issue | Asked::Name(..) => return true,
            Asked::Redeem(grant) => grant,
            Asked::Refresh(token, _) | Asked::Revoke(token) => self.tokens[token].grant,
        };
        self.grants[grant].client == sent.by
    }

    pub fn is_signed(&self, sent: &Sent) -> bool {
        let client = &self.clients[sent.by];
        !client.disabled && self.now < client.keys[sent.key] && self.now.abs_diff(sent.at) <= 300
    }

    /// Whether a request gets what it asks for.
    pub fn grants(&self, sent: &Sent) -> bool {
        self.is_signed(sent)
            && self.is_own(sent)
            && !sent.spent
            && match sent.asked {
                Asked::Issue => !self.clients[sent.by].shrunk,
                Asked::Revoke(_) => true,
                Asked::Name(namespace, header) => {
                    let client = &self.clients[sent.by];
                    !client.shrunk && self.may_name(sent.by, namespace) && !(header && client.signs)
                }
                Asked::Refresh(token, _) => {
                    let Token { grant, .. } = self.tokens[token];
                    let may_name = self.grants[grant].named.is_none_or(|named| self.may_name(sent.by, named));
                    self.is_good(&self.tokens[token]) && self.is_of_use(grant) && may_name
                }
                Asked::Redeem(grant) => {
                    let Grant { revoked, redeemed_by, code_ends, said, user_code, .. } = self.grants[grant];
                    let allowed = user_code.is_none() || said == Some(true);
                    allowed && !revoked && redeemed_by.is_none() && self.now < code_ends && self.is_of_use(grant)
                }
            }
    }

    fn may_name(&self, client: usize, namespace: usize) -> bool {
        namespace == 0 || !self.clients[client].closed
    }

    /// Whether the form of a grant gives its code again. Its age does not matter here: the code is refused if it is too old.
    pub fn gives_again(&self, grant: &Grant) -> bool {
        !grant.revoked && grant.redeemed_by.is_none() && self.now < grant.code_ends
    }

    /// What a client may still have of a scope.
    pub fn allowed(&self, client: usize, scope: &'static str) -> &'static str {
        if self.clients[client].shrunk { LESS } else { scope }
    }

    /// What is so once a request was answered; `reply` holds the tokens, where any came through.
    pub fn answered(&mut self, id: usize, granted: bool, reply: Option<&Reply>) {
        let Sent { asked, by, .. } = self.sent[id];
        if !granted {
            if let Asked::Redeem(grant) = asked
                && self.is_signed(&self.sent[id])
                && self.is_own(&self.sent[id])
            {
                // A second use.
                self.grants[grant].revoked |= self.grants[grant].redeemed_by.is_some_and(|first| first != id);
            }
            return;
        }
        self.sent[id].spent = !matches!(asked, Asked::Revoke(_));
        let begun = self.now;
        let (grant, scope) = match asked {
            Asked::Issue => {
                let subject = self.clients[by].id.clone();
                self.grants.push(Grant { client: by, begun, subject, scope: SCOPE, ..Grant::default() });
                (self.grants.len() - 1, SCOPE)
            }
            Asked::Name(namespace, _) => {
                let (named, subject) = (Some(namespace), subject(namespace));
                self.grants.push(Grant { client: by, begun, named, subject, scope: SCOPE, ..Grant::default() });
                (self.grants.len() - 1, SCOPE)
            }
            Asked::Redeem(grant) => {
                let scope = self.allowed(by, self.grants[grant].scope);
                (self.grants[grant].scope, self.grants[grant].redeemed_by) = (scope, Some(id));
                (grant, scope)
            }
            Asked::Refresh(token, narrow) => {
                let grant = self.tokens[token].grant;
                (grant, if narrow { NARROW } else { self.allowed(by, self.grants[grant].scope) })
            }
            Asked::Revoke(token) => {
                let Token { text, grant, revoked, .. } = &mut self.tokens[token];
                match text.starts_with("rt_") {
                    true => self.grants[*grant].revoked = true,
                    false => *revoked = true,
                }
                return;
            }
        };
        for (name, life) in [("access_token", self.life), ("refresh_token", 86_400)] {
            if let Some(text) = reply.and_then(|reply| reply.body[name].as_str()) {
                let ends = self.now + life;
                self.tokens.push(Token { text: text.to_owned(), grant, scope, ends, revoked: false });
            }
        }
    }
}
