//! Random lives of clients and tokens, beside a model of them: no token is ever good that the model says is not, and none
//! refused that it says is good, whatever the database does meanwhile.
//!
//! The same lives are lived each time; `PROPTEST_CASES` asks for more of them, `PROPTEST_RNG_SEED` for others.

use aws_sdk_dynamodb::config::retry::TokenBucket;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::Usage;
use latchkey_guard::bearer::Checker;
use latchkey_oauth::client::new_secret;
use latchkey_oauth::error::Denial;
use latchkey_oauth::settings::Settings;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngSeed};

use crate::introspect::flip;
use crate::wire::{Fault, Troubled};
use crate::world::{ASK, ISSUE, REFRESH, Reply, Signer, redemption, refreshing};

const CLIENTS: usize = 2;
const SCOPE: &str = "WMS_NCIP WMS_ACQ refresh_token";
/// What is left of it for a client whose registration shrank.
const LESS: &str = "WMS_ACQ refresh_token";
const NARROW: &str = "WMS_ACQ";

#[derive(Clone, Debug)]
enum Step {
    Issue {
        by: usize,
    },
    Consent {
        to: usize,
    },
    Redeem {
        code: Index,
        by: usize,
    },
    Refresh {
        token: Index,
        narrow: bool,
        by: usize,
    },
    Revoke {
        token: Index,
        by: usize,
    },
    /// An earlier request, byte for byte.
    Replay {
        request: Index,
    },
    Disable {
        client: usize,
        disabled: bool,
    },
    /// Takes the scope WMS_NCIP from a client, or gives it back.
    Shrink {
        client: usize,
        shrunk: bool,
    },
    Rotate {
        client: usize,
        overlap: u64,
    },
    Wait {
        seconds: u64,
    },
    /// What the table's TTL may delete is gone.
    Sweep,
}

/// A step, and how a request of it is sent.
#[derive(Clone, Debug)]
struct Move {
    step: Step,
    /// Which of the client's secrets signs: the newest, or one of those before it.
    key: usize,
    /// So many seconds the client's clock is fast.
    fast: i64,
    faults: Vec<Fault>,
    /// Does not ask again after a 503.
    gives_up: bool,
}

fn moves() -> impl Strategy<Value = Move> {
    let (by, index, yes) = (|| 0..CLIENTS, any::<Index>, any::<bool>);
    let step = prop_oneof![
        3 => by().prop_map(|by| Step::Issue { by }),
        3 => by().prop_map(|to| Step::Consent { to }),
        4 => (index(), by()).prop_map(|(code, by)| Step::Redeem { code, by }),
        4 => (index(), yes(), by()).prop_map(|(token, narrow, by)| Step::Refresh { token, narrow, by }),
        3 => (index(), by()).prop_map(|(token, by)| Step::Revoke { token, by }),
        4 => index().prop_map(|request| Step::Replay { request }),
        1 => (by(), yes()).prop_map(|(client, disabled)| Step::Disable { client, disabled }),
        1 => (by(), yes()).prop_map(|(client, shrunk)| Step::Shrink { client, shrunk }),
        1 => (by(), select(&[0, 1, 400, 100_000][..])).prop_map(|(client, overlap)| Step::Rotate { client, overlap }),
        2 => select(&[1, 299, 301, 599, 1199, 1200, 86_000, 86_400][..]).prop_map(|seconds| Step::Wait { seconds }),
        2 => Just(Step::Sweep),
    ];
    let fault = select(
        &[
            Fault::Pass,
            Fault::Reset,
            Fault::LostReply,
            Fault::Silence,
            Fault::Mute,
            Fault::Truncated,
            Fault::BrokenBody,
            Fault::Error(500, "InternalServerError"),
            Fault::Error(400, "ThrottlingException"),
            Fault::Unprocessed,
            Fault::Conflict,
        ][..],
    );
    let faults = prop_oneof![2 => Just(vec![]), 1 => vec(fault, 1..8)];
    let key = prop_oneof![6 => Just(0_usize), 2 => Just(1), 1 => Just(2)];
    let fast = prop_oneof![2 => Just(0), 1 => select(&[-301, -300, 300, 301][..])];
    (step, key, fast, faults, yes()).prop_map(|(step, key, fast, faults, gives_up)| Move {
        step,
        key,
        fast,
        faults,
        gives_up,
    })
}

/// The model: all that anybody may know of what is good.
#[derive(Default)]
struct Model {
    now: u64,
    /// Of an access token.
    life: u64,
    clients: Vec<Client>,
    grants: Vec<Grant>,
    tokens: Vec<Token>,
    sent: Vec<Sent>,
}

#[derive(Default)]
struct Client {
    /// When each of its secrets ends.
    keys: Vec<u64>,
    disabled: bool,
    shrunk: bool,
}

#[derive(Default)]
struct Grant {
    client: usize,
    scope: &'static str,
    code: String,
    code_ends: u64,
    redeemed_by: Option<usize>,
    revoked: bool,
}

struct Token {
    text: String,
    grant: usize,
    scope: &'static str,
    ends: u64,
    revoked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Asked {
    Issue,
    Redeem(usize),
    Refresh(usize, bool),
    Revoke(usize),
}

#[derive(Clone)]
struct Sent {
    asked: Asked,
    by: usize,
    key: usize,
    at: u64,
    /// It got its tokens.
    spent: bool,
    query: String,
    authorization: String,
}

impl Model {
    fn is_good(&self, token: &Token) -> bool {
        !token.revoked && !self.grants[token.grant].revoked && self.now < token.ends
    }

    fn is_own(&self, sent: &Sent) -> bool {
        let grant = match sent.asked {
            Asked::Issue => return true,
            Asked::Redeem(grant) => grant,
            Asked::Refresh(token, _) | Asked::Revoke(token) => self.tokens[token].grant,
        };
        self.grants[grant].client == sent.by
    }

    fn is_signed(&self, sent: &Sent) -> bool {
        let client = &self.clients[sent.by];
        !client.disabled && self.now < client.keys[sent.key] && self.now.abs_diff(sent.at) <= 300
    }

    /// Whether a request gets what it asks for.
    fn grants(&self, sent: &Sent) -> bool {
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

    /// What a client may still have of a scope.
    fn allowed(&self, client: usize, scope: &'static str) -> &'static str {
        if self.clients[client].shrunk { LESS } else { scope }
    }

    /// What is so once a request was answered; `reply` holds the tokens, where any came through.
    fn answered(&mut self, id: usize, granted: bool, reply: Option<&Reply>) {
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

/// The model, and what it is a model of.
struct Life {
    model: Model,
    troubled: Troubled,
    checker: Checker,
    owner: Signer,
    /// The secrets of each client.
    keys: Vec<Vec<Signer>>,
}

impl Life {
    async fn new(life: u64) -> Self {
        let settings = Settings { access_token_seconds: life, ..Settings::default() };
        let troubled = Troubled::with(TokenBucket::unlimited(), settings).await;
        let world = &troubled.world;
        let owner = world.owner(&["*"]).await;
        let mut keys = Vec::new();
        let mut model = Model { now: world.now(), life, ..Model::default() };
        for _ in 0..CLIENTS {
            keys.push(vec![world.client_with(|client| client.introspects = vec!["*".into()]).await]);
            model.clients.push(Client { keys: vec![u64::MAX], ..Client::default() });
        }
        let checker = Checker::new(world.service.store.clone(), 0);
        Self { model, checker, owner, keys, troubled }
    }

    async fn make(&mut self, Move { step, key, fast, faults, gives_up }: Move) {
        let refresh_tokens = |model: &Model| -> Vec<usize> {
            (0..model.tokens.len()).filter(|token| model.tokens[*token].text.starts_with("rt_")).collect()
        };
        let codes = |model: &Model| -> Vec<usize> {
            (0..model.grants.len()).filter(|grant| !model.grants[*grant].code.is_empty()).collect()
        };
        let pick = |of: Vec<usize>, index: Index| (!of.is_empty()).then(|| of[index.index(of.len())]);
        let asked = match step {
            Step::Issue { by } => Some((Asked::Issue, by)),
            Step::Redeem { code, by } => pick(codes(&self.model), code).map(|code| (Asked::Redeem(code), by)),
            Step::Refresh { token, narrow, by } => {
                pick(refresh_tokens(&self.model), token).map(|token| (Asked::Refresh(token, narrow), by))
            }
            Step::Revoke { token, by } => {
                pick((0..self.model.tokens.len()).collect(), token).map(|token| (Asked::Revoke(token), by))
            }
            Step::Replay { request } => {
                if let Some(id) = pick((0..self.model.sent.len()).collect(), request) {
                    self.send(id, &faults, gives_up).await;
                }
                None
            }
            other => return self.operate(other).await,
        };
        if let Some((asked, by)) = asked {
            self.ask(asked, by, key, fast, &faults, gives_up).await;
        }
        self.check(&faults).await;
    }

    /// What no client does.
    async fn operate(&mut self, step: Step) {
        let (world, model) = (&self.troubled.world, &mut self.model);
        match step {
            Step::Consent { to } => {
                let scope = model.allowed(to, SCOPE);
                let code = world.code(&self.keys[to][0], scope).await;
                model.grants.push(Grant { client: to, scope, code, code_ends: model.now + 600, ..Grant::default() });
            }
            Step::Disable { client, disabled } => {
                model.clients[client].disabled = disabled;
                world.change(&self.keys[client][0], |client| client.disabled = disabled).await;
            }
            Step::Shrink { client, shrunk } => {
                model.clients[client].shrunk = shrunk;
                let scopes = if shrunk { &["WMS_ACQ"][..] } else { &["WMS_NCIP", "WMS_ACQ"] };
                let scopes: Vec<_> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
                world.change(&self.keys[client][0], |client| client.scopes = scopes).await;
            }
            Step::Rotate { client, overlap } => {
                let keys = &mut self.keys[client];
                let key = Signer { id: keys[0].id.clone(), secret: new_secret(random().unwrap()) };
                let (named, end) = (world.seal(&key.id, &key.secret, &keys.len().to_string()), model.now + overlap);
                world
                    .change(&key, |client| {
                        client.secrets.drain(..client.secrets.len() - 1);
                        client.secrets[0].expires_at = Some(end);
                        client.secrets.push(named);
                    })
                    .await;
                let ends = &mut model.clients[client].keys;
                ends.iter_mut().for_each(|end| *end = 0);
                *ends.last_mut().unwrap() = end;
                ends.push(u64::MAX);
                keys.push(key);
            }
            Step::Wait { seconds } => {
                world.advance(seconds);
                model.now += seconds;
            }
            _ => self.troubled.sweep().await,
        }
    }

    async fn ask(&mut self, asked: Asked, by: usize, key: usize, fast: i64, faults: &[Fault], gives_up: bool) {
        let query = match asked {
            Asked::Issue => ASK.replace("WMS_NCIP", "WMS_NCIP%20WMS_ACQ"),
            Asked::Redeem(grant) => redemption(&self.model.grants[grant].code),
            Asked::Refresh(token, false) => refreshing(&self.model.tokens[token].text),
            Asked::Refresh(token, true) => format!("{}&scope={NARROW}", refreshing(&self.model.tokens[token].text)),
            Asked::Revoke(token) => format!("token={}", self.model.tokens[token].text),
        };
        let key = self.keys[by].len().saturating_sub(key + 1);
        let at = self.model.now.saturating_add_signed(fast);
        let authorization = self.keys[by][key].sign(&query, at);
        self.model.sent.push(Sent { asked, by, key, at, spent: false, query, authorization });
        self.send(self.model.sent.len() - 1, faults, gives_up).await;
    }

    async fn send(&mut self, id: usize, faults: &[Fault], gives_up: bool) {
        let sent = self.model.sent[id].clone();
        let path = match sent.asked {
            Asked::Issue | Asked::Redeem(_) => ISSUE,
            Asked::Refresh(..) => REFRESH,
            Asked::Revoke(_) => "/oauth2/revoke",
        };
        let post = async || self.troubled.world.post(path, &sent.query, &sent.authorization).await;
        self.troubled.wire.script(faults.iter().copied());
        let mut reply = post().await;
        let toll = self.troubled.wire.heal();
        let granted = self.model.grants(&sent);
        if reply.status == 503 {
            assert!(toll.hits > 0, "{:?} got a 503 of nothing: {}", sent.asked, reply.text);
            // Where a write was carried out and nobody told, a 503 leaves open whether it was: whoever broke the wire is the
            // last who knows. So it does until the client asks again. Everywhere else nothing has happened.
            let open = toll.lost_writes > 0;
            if gives_up && !open {
                return;
            }
            reply = post().await;
            if open && granted && reply.status == 401 && !matches!(sent.asked, Asked::Revoke(_)) {
                return self.model.answered(id, true, None);
            }
        }
        let foreign = matches!(sent.asked, Asked::Revoke(token) if !self.model.is_good(&self.model.tokens[token]));
        let right: &[u16] = match (granted, self.model.is_signed(&sent)) {
            (true, _) => &[200],
            (false, false) => &[401],
            // What was another's is nobody's once it is swept.
            (false, true) if foreign && !self.model.is_own(&sent) => &[200, 400],
            (false, true) if sent.spent => &[400, 401],
            (false, true) => &[400],
        };
        assert!(right.contains(&reply.status.as_u16()), "{:?}, {granted}: {}", sent.asked, reply.text);
        self.model.answered(id, granted, Some(&reply));
    }

    /// Asks about every token ever handed out: as an API behind the authorizer or guard does, each time,
    async fn check(&self, faults: &[Fault]) {
        self.troubled.wire.script(faults.iter().copied());
        for token in &self.model.tokens {
            let header = format!("Bearer {}", token.text);
            let mut usage = Usage::default();
            let passed = self.checker.check(Some(header.as_bytes()), None, self.model.now, &mut usage).await;
            let expected = token.text.starts_with("tk_") && self.model.is_good(token);
            if matches!(passed, Err(Denial::Unavailable(_))) {
                assert!(!faults.is_empty(), "nothing was in the way");
                continue;
            }
            assert_eq!(passed.ok().map(|bearer| bearer.scope.to_string()), expected.then(|| token.scope.to_owned()));
        }
    }

    /// and by introspection, in the end; refresh tokens too, by their own client.
    async fn introspect(&self) {
        self.troubled.wire.heal();
        for token in &self.model.tokens {
            let own = self.keys[self.model.grants[token.grant].client].last().unwrap();
            let signer = if token.text.starts_with("rt_") { own } else { &self.owner };
            let reply = self.troubled.world.introspect(signer, &token.text).await;
            let scope = reply.body["scope"].as_str();
            assert_eq!(reply.body["active"], self.model.is_good(token), "{}", reply.text);
            assert_eq!(scope.unwrap_or_default(), if self.model.is_good(token) { token.scope } else { "" });
            let altered = self.troubled.world.introspect(signer, &flip(&token.text)).await;
            assert_eq!(altered.body["active"], false);
        }
    }

    /// Every code is redeemed and every refresh token refreshed, each by its client, which is allowed to again.
    async fn end(&mut self) {
        for client in 0..CLIENTS {
            self.operate(Step::Disable { client, disabled: false }).await;
        }
        self.introspect().await;
        for grant in 0..self.model.grants.len() {
            if !self.model.grants[grant].code.is_empty() {
                self.ask(Asked::Redeem(grant), self.model.grants[grant].client, 0, 0, &[], false).await;
            }
        }
        for token in 0..self.model.tokens.len() {
            if self.model.tokens[token].text.starts_with("rt_") {
                let by = self.model.grants[self.model.tokens[token].grant].client;
                self.ask(Asked::Refresh(token, false), by, 0, 0, &[], false).await;
            }
        }
        self.check(&[]).await;
        self.introspect().await;
    }
}

fn config() -> Config {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let base = Config::default();
    let rng_seed = if base.rng_seed == RngSeed::Random { RngSeed::Fixed(1) } else { base.rng_seed };
    Config { cases: cases.unwrap_or(100), rng_seed, max_shrink_iters: 400, ..base }
}

proptest! {
    #![proptest_config(config())]
    #[test]
    fn no_token_is_good_that_should_not_be_and_none_refused_that_should_whatever_happens(
        moves in vec(moves(), 1..50),
        // Shorter than a signed request counts, too.
        life in select(&[1200, 60][..]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut life = Life::new(life).await;
            for step in moves {
                life.make(step).await;
                life.check(&[]).await;
            }
            life.end().await;
        });
    }
}
