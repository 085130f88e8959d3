//! What no browser does: operators act, strangers guess, time passes, and items are collected.

use latchkey_dynamodb::random;
use latchkey_dynamodb::store::{Stored, Usage};
use latchkey_oauth::service::KeySet;
use latchkey_oauth::sign_in::SignIn;
use latchkey_oauth::sign_in::attempts::Account;
use latchkey_oauth::sign_in::factor::{RecoveryHash, recovery_hash, sealed_for};
use latchkey_oauth::user::User;
use latchkey_testkit::credentials::quick_hash;

use super::NAMES;
use super::books::{Factor, Wrong, YEAR};
use super::life::{Life, key, password};
use super::moves::Step;

impl Life {
    /// What no browser does.
    pub(super) async fn operate(&mut self, step: Step) {
        match step {
            Step::Guess { account, until, codes } => self.guess(account, until, codes).await,
            Step::Wait { seconds } => self.wait(seconds),
            Step::Sweep => self.troubled.sweep().await,
            Step::Deploy { ago } => {
                let not_before = ago.map_or(0, |ago| self.books.now + 1 - ago);
                self.books.not_before = not_before;
                self.troubled.world.redeploy(|settings| settings.not_before = not_before).await;
            }
            Step::Passwd { account } if self.books.accounts[account].exists => {
                let books = &mut self.books.accounts[account];
                (books.password, books.changes) = (books.password + 1, books.changes + 1);
                let hash = quick_hash(&password(books.password));
                self.books.unlock(account);
                self.change(account, |user| user.sign_in = Some(SignIn::Password(hash))).await;
            }
            Step::Unlock { account } if self.books.accounts[account].exists => {
                self.books.unlock(account);
                let user = self.user(account).await.unwrap();
                self.troubled.world.service.store.unlock_user(&user, &mut Usage::default()).await.unwrap();
            }
            Step::Disable { account, disabled } if self.books.accounts[account].exists => {
                let books = &mut self.books.accounts[account];
                (books.disabled, books.changes) = (disabled, books.changes + 1);
                self.change(account, |user| user.disabled = disabled).await;
            }
            Step::Enrol { account, gives }
                if self.books.accounts[account].exists && self.books.accounts[account].factor.is_some() != gives =>
            {
                self.enrol(account, gives).await;
            }
            Step::Renew { account } if self.books.accounts[account].factor.is_some() => {
                let hashes = self.recovery_codes(account);
                let user = self.user(account).await.unwrap();
                let store = &self.troubled.world.service.store;
                store.put_recovery_codes(&user, &hashes, &mut Usage::default()).await.unwrap();
            }
            _ => {}
        }
    }

    pub(super) fn wait(&mut self, seconds: u64) {
        self.troubled.world.advance(seconds);
        self.books.now += seconds;
    }

    /// Fifty guesses, eleven minutes, fifty more, and eleven minutes: that no window remembers them.
    async fn guess(&mut self, account: usize, until: u64, codes: bool) {
        self.wait(2 * 660);
        let has_factor = self.books.accounts[account].factor.is_some();
        let codes = if codes && has_factor { until } else { 0 };
        self.books.guessed(account, Wrong { passwords: until, codes });
        let Wrong { passwords, codes } = self.books.wrong(account);
        let user = self.user(account).await;
        let mark = Account::mark(user.as_ref().and_then(|user| user.sign_in.as_ref()));
        self.troubled.write_count(key(account), mark, (passwords, codes), self.books.now + YEAR).await;
    }

    async fn user(&self, account: usize) -> Option<Stored<User>> {
        let (institution_id, username) = key(account);
        let store = &self.troubled.world.service.store;
        store.user(institution_id, username, &mut Usage::default()).await.unwrap()
    }

    async fn change(&self, account: usize, edit: impl FnOnce(&mut User)) {
        self.troubled.world.change_user(NAMES[account], edit).await;
    }

    /// Other recovery codes, which are the user's from now on.
    fn recovery_codes(&mut self, account: usize) -> Vec<RecoveryHash> {
        let begun = self.issued[account].len();
        let codes: Vec<_> = (begun..begun + 3).map(|number| format!("recoverycode{number:012}")).collect();
        self.issued[account].extend(codes.clone());
        let hashes = codes.iter().map(|code| recovery_hash(code, key(account))).collect();
        self.books.accounts[account].factor.as_mut().unwrap().recovery = codes;
        hashes
    }

    /// As `latchkey user totp enrol` and `remove` do.
    pub(super) async fn enrol(&mut self, account: usize, gives: bool) {
        let number = self.issued[account].len();
        let secret = [u8::try_from(number).unwrap(); 20];
        let books = &mut self.books.accounts[account];
        books.changes += 1;
        books.factor = gives.then(|| Factor { number, secret, last_step: None, recovery: Vec::new() });
        let hashes = gives.then(|| self.recovery_codes(account));
        let mut user = self.user(account).await.unwrap();
        let keyring = self.troubled.world.service.keyring(KeySet::Pages);
        let seal = || keyring.seal_bytes(&sealed_for(key(account)), &secret, random().unwrap()).unwrap();
        user.second_factor = gives.then(seal);
        let store = &self.troubled.world.service.store;
        let changed = store.change_second_factor(user, hashes.as_deref(), &mut Usage::default()).await;
        assert!(changed.unwrap().is_made());
    }
}
