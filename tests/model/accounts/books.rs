//! The model: who gets in, and what is counted.

use std::collections::HashMap;

use latchkey_testkit::credentials::time_code;

use super::STRANGER;

pub const YEAR: u64 = 365 * 24 * 60 * 60;
const HOUR: u64 = 60 * 60;
/// So many wrong passwords an account takes from unknown browsers, and so many wrong codes.
const MOST: u64 = 100;
/// So many wrong passwords a known browser has.
const BUDGET: u32 = 10;
/// So many wrong passwords cost no wait.
const FREE: u32 = 5;
/// The length of a step of codes by time, seconds.
pub const STEP: u64 = 30;

#[derive(Clone, Default)]
pub struct Books {
    pub now: u64,
    /// Sessions and known browsers from before are none.
    pub not_before: u64,
    pub accounts: Vec<Account>,
    pub browsers: Vec<Browser>,
    /// What browsers are known by: each sign-in gives another. Copies of a cookie have the same.
    pub names: Vec<Name>,
    /// Of an account from a network.
    pub networks: HashMap<(usize, usize), Count>,
}

#[derive(Clone, Default)]
pub struct Account {
    pub exists: bool,
    pub disabled: bool,
    /// How many changes operators have made of the user. Each ends the sessions.
    pub changes: u64,
    /// How many passwords there were before.
    pub password: usize,
    pub factor: Option<Factor>,
    pub wrong: Wrong,
    pub wrong_at: u64,
}

/// Wrong passwords since the last right one, and those of them that had the right password and a wrong code.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Wrong {
    pub passwords: u64,
    pub codes: u64,
}

#[derive(Clone)]
pub struct Factor {
    /// How many there were before.
    pub number: usize,
    pub secret: [u8; 20],
    pub last_step: Option<u64>,
    pub recovery: Vec<String>,
}

#[derive(Clone, Default)]
pub struct Browser {
    /// Which of the names it has at each account.
    pub names: HashMap<usize, usize>,
    pub session: Option<Session>,
}

/// What a browser is known by at an account, and what its user signed in with.
#[derive(Clone)]
pub struct Name {
    password: usize,
    factor: Option<usize>,
    at: u64,
    count: Count,
}

#[derive(Clone)]
pub struct Session {
    account: usize,
    changes: u64,
    at: u64,
}

#[derive(Clone, Copy, Default)]
pub struct Count {
    failures: u32,
    blocked_until: u64,
    at: u64,
}

/// An attempt to sign in.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub browser: usize,
    pub network: usize,
    pub account: usize,
    /// Whether the password is the user's.
    pub is_right: bool,
    pub code: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Told {
    SignedIn,
    Failed,
    Locked,
    /// After so many seconds it is looked at.
    Slowed(u64),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Used {
    Time(u64),
    /// Which of those that are left.
    Recovery(usize),
}

/// What must be stored of an account, and of its attempts from a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub wrong: Wrong,
    pub last_step: Option<u64>,
    pub recovery: usize,
    pub failures: u32,
    pub blocked_until: u64,
}

impl Books {
    /// The name of a browser at an account that knows it: one that was given for what the user signs in with now, within a year,
    /// since the time of the deployment, with some of its budget left.
    fn known(&self, attempt: &Attempt) -> Option<usize> {
        let (account, name) =
            (&self.accounts[attempt.account], *self.browsers[attempt.browser].names.get(&attempt.account)?);
        let Name { password, factor, at, count } = &self.names[name];
        let is_same = (*password, *factor) == (account.password, account.factor.as_ref().map(|factor| factor.number));
        let is_known = is_same && *at >= self.not_before && self.now < at + YEAR && count.failures < BUDGET;
        is_known.then_some(name)
    }

    /// The wrong passwords that count: for a year after the last one.
    pub fn wrong(&self, account: usize) -> Wrong {
        let Account { wrong, wrong_at, .. } = self.accounts[account];
        if self.now < wrong_at + YEAR { wrong } else { Wrong::default() }
    }

    /// Counts wrong passwords until there are so many.
    pub fn guessed(&mut self, account: usize, wrong: Wrong) {
        let known = self.wrong(account);
        let (passwords, codes) = (wrong.passwords.max(known.passwords), wrong.codes.max(known.codes));
        self.accounts[account].wrong = Wrong { passwords, codes };
        self.accounts[account].wrong_at = self.now;
    }

    pub fn unlock(&mut self, account: usize) {
        self.accounts[account].wrong = Wrong::default();
    }

    fn network(&self, attempt: &Attempt) -> Count {
        let count = self.networks.get(&(attempt.account, attempt.network)).copied().unwrap_or_default();
        if self.now < count.at + HOUR { count } else { Count::default() }
    }

    fn count_of(&self, attempt: &Attempt) -> Count {
        self.known(attempt).map_or_else(|| self.network(attempt), |name| self.names[name].count)
    }

    /// An account with very many wrong passwords takes one only from a browser that it knows.
    fn is_locked(&self, attempt: &Attempt) -> bool {
        self.known(attempt).is_none() && self.wrong(attempt.account).passwords >= MOST
    }

    /// The code, if it is one of the user's factor that was not used: of a step one away at most, and later than any before it.
    pub fn used(&self, attempt: &Attempt) -> Option<Used> {
        let (factor, typed) = (self.accounts[attempt.account].factor.as_ref()?, attempt.code.as_ref()?);
        let present = self.now / STEP;
        let is_new = |step: &u64| factor.last_step.is_none_or(|last| last < *step);
        let step = (present - 1..=present + 1).filter(is_new).find(|step| time_code(&factor.secret, *step) == *typed);
        let recovery = || factor.recovery.iter().position(|code| code == typed).map(Used::Recovery);
        step.map(Used::Time).or_else(recovery)
    }

    fn gets_in(&self, attempt: &Attempt) -> bool {
        let account = &self.accounts[attempt.account];
        let is_users = account.exists && !account.disabled && attempt.is_right;
        let wrong_codes = self.wrong(attempt.account).codes;
        is_users
            && match (&account.factor, self.used(attempt)) {
                (None, _) => !self.is_locked(attempt),
                (Some(_), None) => false,
                (Some(_), Some(Used::Time(_))) => self.known(attempt).is_some() || wrong_codes < MOST,
                (Some(_), Some(Used::Recovery(_))) => true,
            }
    }

    /// The answer to an attempt. To a locked account a code is brought too: it may be the second factor's.
    pub fn told(&self, attempt: &Attempt) -> Told {
        let wait = self.count_of(attempt).blocked_until.saturating_sub(self.now);
        match self.is_locked(attempt) {
            true if attempt.code.is_none() => Told::Locked,
            _ if wait > 0 => Told::Slowed(wait),
            _ if self.gets_in(attempt) => Told::SignedIn,
            true => Told::Locked,
            false => Told::Failed,
        }
    }

    /// Whether the password is looked at: only then is anything counted.
    pub fn is_looked_at(&self, attempt: &Attempt) -> bool {
        match self.told(attempt) {
            Told::SignedIn | Told::Failed => true,
            Told::Locked => attempt.code.is_some(),
            Told::Slowed(_) => false,
        }
    }

    /// What is so after an attempt. A browser has its session and its name only if the answer reached it.
    pub fn count(&mut self, attempt: &Attempt, reached: bool) {
        if !self.is_looked_at(attempt) {
            return;
        }
        let (now, succeeded) = (self.now, self.told(attempt) == Told::SignedIn);
        let (known, used, mut wrong) = (self.known(attempt), self.used(attempt), self.wrong(attempt.account));
        let Count { failures, .. } = self.count_of(attempt);
        let failures = match (succeeded, known) {
            (true, Some(_)) => failures,
            (true, None) => 0,
            (false, _) => failures + 1,
        };
        let over = if succeeded { 0 } else { failures.saturating_sub(FREE) };
        let wait = if over == 0 { 0 } else { 2_u64.pow(over).min(300) };
        let count = Count { failures, blocked_until: now + wait, at: now };
        match known {
            Some(name) => self.names[name].count = count,
            None => drop(self.networks.insert((attempt.account, attempt.network), count)),
        }
        let account = &mut self.accounts[attempt.account];
        wrong.passwords += 1;
        wrong.codes +=
            u64::from(attempt.is_right && account.factor.is_some() && attempt.code.is_some() && used.is_none());
        account.wrong = if succeeded { Wrong::default() } else { wrong };
        account.wrong_at = now;
        if !succeeded {
            return;
        }
        let (password, changes) = (account.password, account.changes);
        match (&mut account.factor, used) {
            (Some(factor), Some(Used::Time(step))) => factor.last_step = Some(step),
            (Some(factor), Some(Used::Recovery(at))) => drop(factor.recovery.remove(at)),
            _ => {}
        }
        if reached && attempt.browser != STRANGER {
            let factor = account.factor.as_ref().map(|factor| factor.number);
            self.names.push(Name { password, factor, at: now, count: Count::default() });
            let browser = &mut self.browsers[attempt.browser];
            browser.names.insert(attempt.account, self.names.len() - 1);
            browser.session = Some(Session { account: attempt.account, changes, at: now });
        }
    }

    /// Whether a browser's user is signed in: for an hour without an answer, as the user whom the operator has not changed since.
    pub fn is_signed_in(&self, browser: usize) -> bool {
        self.browsers[browser].session.as_ref().is_some_and(|Session { account, changes, at }| {
            let account = &self.accounts[*account];
            self.now < at + HOUR && *at >= self.not_before && !account.disabled && account.changes == *changes
        })
    }

    pub fn kept(&self, attempt: &Attempt) -> Kept {
        let (factor, count) = (&self.accounts[attempt.account].factor, self.network(attempt));
        Kept {
            wrong: self.wrong(attempt.account),
            last_step: factor.as_ref().and_then(|factor| factor.last_step),
            recovery: factor.as_ref().map_or(0, |factor| factor.recovery.len()),
            failures: count.failures,
            blocked_until: count.blocked_until,
        }
    }
}
