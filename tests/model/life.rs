//! The model beside the service: every step is taken by both, and then compared.

use latchkey_dynamodb::store::Usage;
use latchkey_guard::bearer::Checker;
use latchkey_oauth::error::{Denial, FormError};
use latchkey_oauth::grant::device::{Answer, Permission};
use latchkey_oauth::grant::{Institutions, Principal};
use latchkey_oauth::settings::{Settings, Subjects};
use latchkey_oauth::token::GrantId;
use latchkey_testkit::device::polling;
use latchkey_testkit::faults::{Fault, Troubled};
use latchkey_testkit::form::Form;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::world::{ASK, ISSUE, REFRESH, flip, redemption, refreshing};
use proptest::sample::Index;
use tempfile::TempDir;

use super::books::{Asked, Client, Model, Sent};
use super::moves::{Move, Step};
use super::{CLIENTS, NAMESPACES, NARROW, USER};

/// The model, and what it is a model of.
pub struct Life {
    pub(super) model: Model,
    pub(super) troubled: Troubled,
    pub(super) checker: Checker,
    owner: Signer,
    /// The secrets of each client.
    pub(super) keys: Vec<Vec<Signer>>,
    /// The form of each grant that began with one.
    pub(super) forms: Vec<(usize, Form)>,
    /// With the sealing key.
    _folder: TempDir,
}

impl Life {
    pub async fn new(life: u64, code_life: u64) -> Self {
        let (access_token_seconds, code_seconds, subjects) = (life, code_life, Subjects::V2);
        let settings = Settings { access_token_seconds, code_seconds, subjects, ..Settings::default() };
        let folder = TempDir::new().unwrap();
        let troubled = Troubled::keeping(settings, folder.path()).await;
        let world = &troubled.world;
        let owner = world.owner(&["*"]).await;
        let mut keys = Vec::new();
        let mut model = Model { now: world.now(), life, code_life, ..Model::default() };
        for _ in 0..CLIENTS {
            let registration = |client: &mut latchkey_oauth::client::Client| {
                (client.introspects, client.names_principal) = (vec!["*".into()], true);
            };
            let signer = world.client_with(registration).await;
            model.clients.push(Client { id: signer.id.clone(), keys: vec![u64::MAX], ..Client::default() });
            keys.push(vec![signer]);
        }
        let checker = Checker::new(world.service.store.clone(), 0);
        Self { model, checker, owner, keys, forms: Vec::new(), troubled, _folder: folder }
    }

    pub async fn make(&mut self, Move { step, key, fast, faults, gives_up }: Move) {
        let refresh_tokens = |model: &Model| -> Vec<usize> {
            (0..model.tokens.len()).filter(|token| model.tokens[*token].text.starts_with("rt_")).collect()
        };
        let codes = |model: &Model| -> Vec<usize> {
            (0..model.grants.len()).filter(|grant| !model.grants[*grant].code.is_empty()).collect()
        };
        let pick = |of: Vec<usize>, index: Index| (!of.is_empty()).then(|| of[index.index(of.len())]);
        let asked = match step {
            Step::Issue { by } => Some((Asked::Issue, by)),
            Step::Name { by, namespace, header } => Some((Asked::Name(namespace, header), by)),
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
            Step::Again { form } => {
                if let Some(form) = pick((0..self.forms.len()).collect(), form) {
                    self.again(form, &faults).await;
                }
                None
            }
            Step::Say { device, yes } => {
                let devices =
                    (0..self.model.grants.len()).filter(|grant| self.model.grants[*grant].user_code.is_some());
                if let Some(grant) = pick(devices.collect(), device) {
                    self.say(grant, yes, &faults).await;
                }
                None
            }
            Step::Both { client, disabled, calls } => {
                self.both(client, disabled, calls, &faults).await;
                None
            }
            other => return self.operate(other).await,
        };
        if let Some((asked, by)) = asked {
            self.ask(asked, by, key, fast, &faults, gives_up).await;
        }
        self.check(&faults).await;
    }

    /// A form is sent again. It gives its code while that can be redeemed; afterwards it was answered.
    async fn again(&mut self, form: usize, faults: &[Fault]) {
        let (id, form) = &self.forms[form];
        let grant = &self.model.grants[*id];
        // Past its end the form itself is refused; of a registration that shrank, the whole consent.
        if self.model.now >= form.ends_at || self.model.allowed(grant.client, form.scope) != form.scope {
            return;
        }
        self.troubled.wire.script(faults.iter().copied());
        let given = self.troubled.world.answer(&self.keys[grant.client][0], form).await;
        let toll = self.troubled.wire.heal();
        match given {
            Err(Denial::Unavailable(_)) => assert!(toll.hits > 0, "nothing was in the way"),
            given if self.model.gives_again(grant) => assert_eq!(given.as_ref(), Ok(&grant.code)),
            given => assert_eq!(given, Err(Denial::Form(FormError::Answered))),
        }
    }

    /// A user answers a device. The first answer counts, while the codes do.
    async fn say(&mut self, id: usize, yes: bool, faults: &[Fault]) {
        let (grant, now) = (&self.model.grants[id], self.model.now);
        let store = &self.troubled.world.service.store;
        let (id_of, usage) = (GrantId::of_user_code(&grant.user_code.unwrap()), &mut Usage::default());
        let institutions = Institutions { authenticating: "128807".into(), context: "128807".into() };
        let principal = Principal { id: USER.into(), idns: NAMESPACES[1].into() };
        self.troubled.wire.script(faults.iter().copied());
        let told = match yes {
            true => {
                let (at, refresh_seconds) = (now, None);
                store.allow_device(&Permission { id: id_of, institutions, principal, refresh_seconds, at }, usage).await
            }
            false => store.deny_device(&id_of, now, usage).await,
        };
        let toll = self.troubled.wire.heal();
        let awaits = grant.said.is_none() && !grant.revoked && now < grant.code_ends;
        // What TTL has collected is not there to be asked for once more.
        let is_same = grant.said == Some(yes) && !(yes && grant.revoked);
        let stored = store.grant(&id_of, usage).await.unwrap();
        let answer = stored.as_ref().and_then(|grant| grant.device.as_ref()?.answer);
        let said = answer.map(|answer| matches!(answer, Answer::Allowed(_)));
        match told {
            Ok(true) => assert!((awaits || is_same) && said == Some(yes), "told to be stored"),
            Ok(false) => assert!(!awaits && (!is_same || stored.is_none())),
            Err(_) => assert!(toll.hits > 0, "nothing was in the way"),
        }
        if stored.is_some() {
            assert!(said == grant.said || awaits && said == Some(yes) && !matches!(told, Ok(false)));
            self.model.grants[id].said = said;
        }
    }

    async fn ask(&mut self, asked: Asked, by: usize, key: usize, fast: i64, faults: &[Fault], gives_up: bool) {
        let query = match asked {
            Asked::Name(namespace, false) => {
                let named = format!("principalID={USER}&principalIDNS={}", NAMESPACES[namespace]);
                format!("{}&{named}", ASK.replace("WMS_NCIP", "WMS_NCIP%20WMS_ACQ"))
            }
            Asked::Issue | Asked::Name(_, true) => ASK.replace("WMS_NCIP", "WMS_NCIP%20WMS_ACQ"),
            Asked::Redeem(grant) if self.model.grants[grant].user_code.is_some() => {
                polling(&self.model.grants[grant].code)
            }
            Asked::Redeem(grant) => redemption(&self.model.grants[grant].code),
            Asked::Refresh(token, false) => refreshing(&self.model.tokens[token].text),
            Asked::Refresh(token, true) => format!("{}&scope={NARROW}", refreshing(&self.model.tokens[token].text)),
            Asked::Revoke(token) => format!("token={}", self.model.tokens[token].text),
        };
        let key = self.keys[by].len().saturating_sub(key + 1);
        let at = self.model.now.saturating_add_signed(fast);
        let in_header = match asked {
            Asked::Name(namespace, true) => Some((USER, NAMESPACES[namespace])),
            _ => None,
        };
        let authorization = self.keys[by][key].sign_as(&query, at, in_header, &[]);
        self.model.sent.push(Sent { asked, by, key, at, spent: false, query, authorization });
        self.send(self.model.sent.len() - 1, faults, gives_up).await;
    }

    async fn send(&mut self, id: usize, faults: &[Fault], gives_up: bool) {
        let sent = self.model.sent[id].clone();
        let path = match sent.asked {
            Asked::Issue | Asked::Name(..) | Asked::Redeem(_) => ISSUE,
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
    pub async fn check(&self, faults: &[Fault]) {
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
            let told = passed.ok().map(|bearer| (bearer.scope.to_string(), bearer.subject()));
            let subject = &self.model.grants[token.grant].subject;
            assert_eq!(told, expected.then(|| (token.scope.to_owned(), subject.clone())));
        }
    }

    /// and by introspection, in the end; refresh tokens too, by their own client. To it a grant that is too old is none.
    async fn introspect(&self) {
        self.troubled.wire.heal();
        for token in &self.model.tokens {
            let own = self.keys[self.model.grants[token.grant].client].last().unwrap();
            let is_of_use = self.model.is_good(token) && self.model.is_of_use(token.grant);
            let is_refresh = token.text.starts_with("rt_");
            if !is_refresh && is_of_use != self.model.is_good(token) {
                assert_eq!(self.troubled.world.introspect(own, &token.text).await.body["active"], is_of_use);
            }
            let (signer, is_good) =
                if is_refresh { (own, is_of_use) } else { (&self.owner, self.model.is_good(token)) };
            let reply = self.troubled.world.introspect(signer, &token.text).await;
            let scope = reply.body["scope"].as_str();
            let subject = &self.model.grants[token.grant].subject;
            assert_eq!(reply.body["sub"].as_str(), is_good.then_some(subject.as_str()));
            assert_eq!(reply.body["active"], is_good, "{}", reply.text);
            assert_eq!(scope.unwrap_or_default(), if is_good { token.scope } else { "" });
            let altered = self.troubled.world.introspect(signer, &flip(&token.text)).await;
            assert_eq!(altered.body["active"], false);
        }
    }

    /// Every code is redeemed and every refresh token refreshed, each by its client, which is allowed to again.
    pub async fn end(&mut self) {
        for (client, keys) in self.model.clients.iter().zip(&self.keys) {
            assert_eq!(self.troubled.has_newer(&keys[0].id).await, client.newer, "what a newer version wrote stays");
            let stored = self.troubled.world.service.store.client(&keys[0].id, &mut Usage::default()).await;
            let name = stored.unwrap().unwrap().name.clone();
            assert!(client.name.as_ref().is_none_or(|known| *known == name), "{name}");
        }
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
