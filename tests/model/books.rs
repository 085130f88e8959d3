//! The model: what clients, grants and tokens must be like after each answer.

use latchkey_testkit::reply::Reply;

use super::{LESS, NARROW, SCOPE};

/// The model: all that anybody may know of what is good.
#[derive(Default)]
pub struct Model {
    pub now: u64,
    /// Of an access token, and of a code.
    pub life: u64,
    pub code_life: u64,
    pub clients: Vec<Client>,
    pub grants: Vec<Grant>,
    pub tokens: Vec<Token>,
    pub sent: Vec<Sent>,
}

#[derive(Default)]
pub struct Client {
    /// When each of its secrets ends.
    pub keys: Vec<u64>,
    pub disabled: bool,
    pub shrunk: bool,
    /// Has an attribute that a newer version wrote.
    pub newer: bool,
    /// The name that the second operator gave it last.
    pub name: Option<String>,
}

#[derive(Default)]
pub struct Grant {
    pub client: usize,
    pub scope: &'static str,
    pub code: String,
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

impl Model {
    pub fn is_good(&self, token: &Token) -> bool {
        !token.revoked && !self.grants[token.grant].revoked && self.now < token.ends
    }

    pub fn is_own(&self, sent: &Sent) -> bool {
        let grant = match sent.asked {
            Asked::Issue => return true,
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
                Asked::Refresh(token, _) => self.is_good(&self.tokens[token]),
                Asked::Redeem(grant) => {
                    let Grant { revoked, redeemed_by, code_ends, .. } = self.grants[grant];
                    !revoked && redeemed_by.is_none() && self.now < code_ends
                }
            }
    }

    /// Whether the form of a grant gives its code again.
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
        let (grant, scope) = match asked {
            Asked::Issue => {
                self.grants.push(Grant { client: by, scope: SCOPE, ..Grant::default() });
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
