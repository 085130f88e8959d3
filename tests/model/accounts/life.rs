//! The model of accounts beside the service: every attempt is made by both, and then compared.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use http::Method;
use latchkey_dynamodb::store::Usage;
use latchkey_dynamodb::store::sign_in::{self, Source, Wanted};
use latchkey_oauth::form::encode;
use latchkey_oauth::settings::Settings;
use latchkey_oauth::sign_in::factor;
use latchkey_oauth::sign_in::factor::recovery_hash;
use latchkey_testkit::credentials::{quick_hash, time_code};
use latchkey_testkit::faults::{Fault, Troubled};
use latchkey_testkit::reply::Reply;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::visitor::{AUTHORIZE, Visitor, request};
use tempfile::TempDir;

use super::books::{Account, Attempt, Books, Browser, Kept, STEP, Told, Used, Wrong};
use super::moves::{Step, Typed};
use super::{BROWSERS, NAMES, STRANGER};
use crate::authorize::attempts::normal;

const DEVICES: &str = "latchkey-devices=";

/// The model, and what it is a model of.
pub struct Life {
    pub(super) books: Books,
    pub(super) troubled: Troubled,
    app: Signer,
    cookies: [Option<String>; BROWSERS],
    /// What the page says, by the refusal's name in the log: the same to everyone.
    pages: HashMap<String, String>,
    /// How many networks were seen.
    networks: usize,
    /// The code that each account took last.
    taken: [Option<String>; NAMES.len()],
    /// All recovery codes that each user ever had.
    pub(super) issued: [Vec<String>; NAMES.len()],
    /// With the sealing key.
    _folder: TempDir,
}

pub fn key(account: usize) -> (&'static str, &'static str) {
    ("128807", NAMES[account])
}

pub fn password(number: usize) -> String {
    format!("the password {number}")
}

fn address(network: usize) -> String {
    format!("198.51.{}.{}", network / 200, network % 200)
}

impl Life {
    pub async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let settings = Settings { trusted_proxies: 1, ..Settings::default() };
        let troubled = Troubled::keeping(settings, folder.path()).await;
        let world = &troubled.world;
        world.with_institutions().await;
        for name in ["alice", "bob"] {
            world.add_user_with(name, quick_hash(&password(0))).await;
        }
        let account = |exists| Account { exists, ..Account::default() };
        let accounts = vec![account(true), account(true), account(false)];
        let browsers = vec![Browser::default(); BROWSERS + 1];
        let books = Books { now: world.now(), accounts, browsers, ..Books::default() };
        let app = world.client().await;
        let (cookies, pages, taken, issued) = Default::default();
        let mut life = Self { books, troubled, app, cookies, pages, networks: 2, taken, issued, _folder: folder };
        life.enrol(1, true).await;
        life
    }

    pub async fn make(&mut self, step: Step) {
        match step {
            Step::Try { browser, account, is_right, typed, network, rival, faults } => {
                let (network, code) = (self.network(network), self.code(account, typed));
                let attempt = Attempt { browser, network, account, is_right, code };
                self.attempt(attempt, rival, &faults).await;
            }
            Step::Mistype { browser, account, times } => {
                for _ in 0..times {
                    let network = self.network(None);
                    let attempt = Attempt { browser, network, account, is_right: false, code: None };
                    if let Told::Slowed(seconds) = self.books.told(&attempt) {
                        self.wait(seconds);
                    }
                    self.attempt(attempt, false, &[]).await;
                }
            }
            Step::Copy { from, to } => {
                let cookies = self.cookies[from].as_deref().unwrap_or_default().split("; ");
                self.cookies[to] = cookies.into_iter().find(|pair| pair.starts_with(DEVICES)).map(str::to_owned);
                self.books.browsers[to] = Browser { session: None, ..self.books.browsers[from].clone() };
            }
            Step::Forget { browser } => {
                (self.cookies[browser], self.books.browsers[browser]) = Default::default();
            }
            Step::Visit { browser } => self.visit(browser).await,
            other => self.operate(other).await,
        }
    }

    fn network(&mut self, network: Option<usize>) -> usize {
        self.networks += usize::from(network.is_none());
        network.unwrap_or(self.networks)
    }

    fn code(&self, account: usize, typed: Typed) -> Option<String> {
        let step = self.books.now / STEP;
        let factor = self.books.accounts[account].factor.as_ref();
        let at = |step: u64| factor.map_or("123456".to_owned(), |factor| time_code(&factor.secret, step));
        match typed {
            Typed::Nothing => None,
            Typed::Time(steps) => Some(at(step.saturating_add_signed(steps))),
            Typed::Again => self.taken[account].clone(),
            Typed::Recovery(index) => {
                let issued = &self.issued[account];
                (!issued.is_empty()).then(|| issued[index.index(issued.len())].clone())
            }
            Typed::Wrong => {
                let right: Vec<_> = (step - 1..=step + 1).map(at).collect();
                (0..4).map(|number| format!("{number:06}")).find(|code| !right.contains(code))
            }
            Typed::Other => Some("no code".to_owned()),
        }
    }

    /// The browser as it is now. What it becomes must be kept.
    fn visitor(&self, browser: usize) -> Visitor<'_> {
        Visitor { world: &self.troubled.world, cookie: Mutex::new(self.cookies[browser].clone()) }
    }

    async fn attempt(&mut self, attempt: Attempt, rival: bool, faults: &[Fault]) {
        let visitor = self.visitor(attempt.browser);
        let form = visitor.ask(&request(&self.app, &[("prompt", "login")])).await.form();
        let number = self.books.accounts[attempt.account].password;
        let right = if attempt.is_right { password(number) } else { "wrong".to_owned() };
        let fields = [
            ("form", form.as_str()),
            ("username", NAMES[attempt.account]),
            ("password", &right),
            ("code", attempt.code.as_deref().unwrap_or_default()),
            ("action", "sign_in"),
        ];
        let body: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let forwarded = format!("{}, 10.0.0.1", address(attempt.network));
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("x-forwarded-for", &*forwarded)];
        let faults = if rival { &[] } else { faults };
        self.troubled.wire.script(faults.iter().copied());
        let theirs = Attempt { browser: STRANGER, network: self.networks + 1, ..attempt.clone() };
        let came = if rival { self.meanwhile(&theirs) } else { Arc::default() };
        let reply = visitor.send(Method::POST, AUTHORIZE, &headers, body.join("&").into()).await;
        let toll = self.troubled.wire.heal();
        let cookie = visitor.cookie.lock().unwrap().clone();
        self.cookies[attempt.browser] = cookie;
        self.networks += usize::from(rival);
        let before = self.books.told(&attempt);
        let is_due = rival && self.books.is_looked_at(&attempt) && self.books.is_looked_at(&theirs);
        assert_eq!(came.load(SeqCst), is_due, "the rival of {attempt:?}: {:?}", toll.operations);
        if came.load(SeqCst) {
            self.books.count(&theirs, false);
        }
        let (stored, reached) = (self.stored(&attempt).await, reply.status != 503);
        assert!(reached || toll.hits > 0, "{attempt:?} got a 503 of nothing: {}", reply.text);
        let said = reached.then(|| self.said(&reply, NAMES[attempt.account]));
        // The service hears nothing of a write whose replies were lost: the attempt may be counted without an answer, or once
        // more.
        let mut possible = Vec::new();
        let mut books = self.books.clone();
        for _ in 0..=usize::from(toll.lost_writes > 0) {
            let (told, mut after) = (books.told(&attempt), books.clone());
            after.count(&attempt, reached);
            possible.push((told, after));
            books.count(&attempt, false);
        }
        if !reached {
            possible.truncate(2 * usize::from(toll.lost_writes > 0));
            possible.insert(0, (before, self.books.clone()));
        }
        // What is no good either way may be told in the words of the moment before a rival's: it counts the same.
        let is_told = |told: Told| {
            let is_of_before = (before, told) == (Told::Failed, Told::Locked) && attempt.code.is_some();
            said.is_none_or(|said| said == told || said == before && is_of_before)
        };
        let fits = |(told, books): &&(Told, Books)| is_told(*told) && books.kept(&attempt) == stored;
        let Some((told, books)) = possible.iter().find(fits) else {
            let should: Vec<_> = possible.iter().map(|(told, books)| (told, books.kept(&attempt))).collect();
            panic!("{attempt:?} is told {said:?} and leaves {stored:?}, and should be {should:?}");
        };
        if *told == Told::SignedIn && attempt.code.is_some() {
            self.taken[attempt.account].clone_from(&attempt.code);
        }
        self.books = books.clone();
    }

    /// What a page says. A refusal says the same to everyone.
    fn said(&mut self, reply: &Reply, name: &str) -> Told {
        if reply.status == 303 {
            return Told::SignedIn;
        }
        if reply.status == 429 {
            return Told::Slowed(reply.headers["retry-after"].to_str().unwrap().parse().unwrap());
        }
        let page = normal(reply.shows(403), name);
        let denial = self.troubled.world.last_log()["denial"].as_str().unwrap().to_owned();
        let told = match denial.as_str() {
            "sign_in_failed" => Told::Failed,
            "sign_in_locked" => Told::Locked,
            other => panic!("{other}"),
        };
        assert_eq!(self.pages.entry(denial).or_insert_with(|| page.clone()), &page);
        told
    }

    /// Before the attempt is written, a stranger's with the same in hand comes through. Says whether it did.
    fn meanwhile(&self, theirs: &Attempt) -> Arc<AtomicBool> {
        let came = Arc::new(AtomicBool::new(false));
        if !self.books.is_looked_at(theirs) {
            return came;
        }
        let (store, user, flag) = (self.troubled.elsewhere(), key(theirs.account), came.clone());
        let source = Source::unknown(address(theirs.network).parse().unwrap(), self.books.now);
        let succeeded = self.books.told(theirs) == Told::SignedIn;
        let (used, account) = (self.books.used(theirs), &self.books.accounts[theirs.account]);
        let has_code = theirs.code.is_some();
        let wrong_code = theirs.is_right && account.factor.is_some() && has_code && used.is_none();
        let used = used.filter(|_| succeeded).map(|used| match used {
            Used::Time(step) => factor::Used::Time(step),
            Used::Recovery(at) => {
                factor::Used::Recovery(recovery_hash(&account.factor.as_ref().unwrap().recovery[at], user))
            }
        });
        // It has read the account, and the client beside it.
        self.troubled.wire.meanwhile(1, async move {
            let usage = &mut Usage::default();
            let wanted = Wanted { client_id: None, user: Some(user), attempt: Some(source), provider: None };
            let data = store.sign_in_data(wanted, usage).await.unwrap();
            let attempt = sign_in::Attempt { user, source, succeeded, used, has_code, wrong_code };
            assert!(store.count_attempt(&attempt, &data, usage).await.unwrap());
            flag.store(true, SeqCst);
        });
        came
    }

    async fn stored(&self, attempt: &Attempt) -> Kept {
        let (now, store) = (self.books.now, &self.troubled.world.service.store);
        let source = Source::unknown(address(attempt.network).parse().unwrap(), now);
        let wanted =
            Wanted { client_id: None, user: Some(key(attempt.account)), attempt: Some(source), provider: None };
        let data = store.sign_in_data(wanted, &mut Usage::default()).await.unwrap();
        let (here, account) = (data.counted.here, data.counted.account);
        let is_live = now < here.expires_at;
        Kept {
            wrong: account
                .map(|account| Wrong { passwords: account.failures, codes: account.wrong_codes })
                .unwrap_or_default(),
            last_step: data.codes.last_step,
            recovery: data.codes.recovery.len(),
            failures: if is_live { here.failures } else { 0 },
            blocked_until: if is_live { here.blocked_until } else { 0 },
        }
    }

    async fn visit(&mut self, browser: usize) {
        let page = self.visitor(browser).ask(&request(&self.app, &[])).await;
        assert_eq!(page.text.contains("value=\"allow\""), self.books.is_signed_in(browser), "{}", page.text);
    }

    /// Every browser shows who is signed in, and every user gets in with what is asked for, once the operator lets them.
    pub async fn end(&mut self) {
        for browser in 0..BROWSERS {
            self.visit(browser).await;
        }
        for account in 0..NAMES.len() {
            self.wait(90);
            self.operate(Step::Disable { account, disabled: false }).await;
            self.operate(Step::Unlock { account }).await;
            let factor = self.books.accounts[account].factor.is_some();
            let code = self.code(account, if factor { Typed::Time(0) } else { Typed::Nothing });
            let attempt = Attempt { browser: 0, network: self.network(None), account, is_right: true, code };
            assert_eq!(self.books.told(&attempt) == Told::SignedIn, self.books.accounts[account].exists);
            self.attempt(attempt, false, &[]).await;
        }
    }
}
