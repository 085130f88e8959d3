//! What the sign-in pages read, in one call. What an attempt to sign in writes is in `count.rs`.
//!
//! The users table holds users under (institution, username); no institution's id has a `#`. The other
//! items of the table have one: the directory, the providers of institutions, and the counters of attempts, which the table's TTL
//! deletes.

mod count;
mod guess;
pub(super) mod remembered;

use std::collections::HashMap;
use std::net::IpAddr;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::store::item;
use crate::store::item::Item;
use crate::store::key::{directory_key, provider_key, user_key};
use crate::store::read::consistent;
use crate::store::{Store, Usage};
use latchkey_oauth::client::Client;
use latchkey_oauth::error::Unavailable;
use latchkey_oauth::provider::Provider;
use latchkey_oauth::session::{Device, DeviceId, mark};
use latchkey_oauth::sign_in::attempts::{Account, Attempts, Counted, DEVICE_FAILURES, PasswordMark, Recent};
use latchkey_oauth::sign_in::factor::Codes;
use latchkey_oauth::user::{Directory, User};

pub use count::Attempt;
pub use guess::Guessed;

/// What a page needs to know.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The application.
    pub client_id: Option<&'a str>,
    /// Institution and username of the one user that matters.
    pub user: Option<(&'a str, &'a str)>,
    /// Where an attempt to sign in as that user comes from; without a user, as one whom the institution's provider names.
    pub attempt: Option<Source>,
    /// The institution whose provider matters.
    pub provider: Option<&'a str>,
}

/// Where an attempt comes from.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The address.
    pub address: IpAddr,
    /// What the browser is known by at the account, if it has signed in to it before, and what with.
    pub device: Option<Device>,
    /// POSIX seconds.
    pub now: u64,
}

impl Source {
    /// An unknown browser at this address.
    pub fn unknown(address: IpAddr, now: u64) -> Self {
        Self { address, device: None, now }
    }

    /// The network of the address, as attempts are counted. For IPv6 it is the first 64 bits, which belong to one customer.
    pub fn network(&self) -> String {
        match self.address.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("{:?}", &address.segments()[..4]),
        }
    }

    /// The networks whose failures are counted, the narrowest first. For IPv6 they are the /64, and the /56 and the /48 around
    /// it: a line or a site may have as many networks as those have.
    fn networks(&self) -> Vec<String> {
        let mut networks = vec![self.network()];
        if let IpAddr::V6(address) = self.address.to_canonical() {
            let [first, second, third, fourth, ..] = address.segments();
            networks.push(format!("{:?}/56", [first, second, third, fourth & 0xff00]));
            networks.push(format!("{:?}/48", [first, second, third]));
        }
        networks
    }
}

/// What was found.
#[derive(Default)]
pub struct SignInData {
    /// The application.
    pub client: Option<Client>,
    directory: Option<Directory>,
    /// The user. A session of a user whose item is damaged counts as none.
    pub user: Option<User>,
    /// The provider. One whose item is damaged counts as none where users with a password can sign in.
    pub provider: Option<Provider>,
    /// Attempts to sign in as that user, whether there is such a user or not, and failures from the same networks; without a
    /// user, these failures.
    pub counted: Counted,
    /// What is stored of the codes of the user's second factor.
    pub codes: Codes,
    /// The account's count as it is stored, also where it counts no more.
    stored: Option<Account>,
    /// The mark of the user's password, for which failures count.
    password: PasswordMark,
}

impl SignInData {
    /// Institutions and scopes. Fails only here if the directory is damaged: not every step needs it.
    pub fn directory(&self) -> Result<&Directory, Unavailable> {
        self.directory.as_ref().ok_or(Unavailable::ItemDamaged)
    }
}

fn hashed(parts: [&str; 3]) -> String {
    // A username has no line feed, an address neither.
    let hash = Sha256::digest(parts.join("\n"));
    format!("#{}", URL_SAFE_NO_PAD.encode(&hash[..16]))
}

/// The key of an account's count.
pub(super) fn account_key((institution_id, username): (&str, &str)) -> Item {
    user_key(&hashed([institution_id, username, ""]), "account")
}

/// The key of what is stored of the codes of a user's second factor.
pub(super) fn codes_key((institution_id, username): (&str, &str)) -> Item {
    user_key(&hashed([institution_id, username, ""]), "codes")
}

/// The keys of what is counted of late for each network, the narrowest first.
fn network_keys(source: &Source) -> Vec<Item> {
    source.networks().iter().map(|network| user_key(&hashed(["", network, ""]), "network")).collect()
}

/// The keys of all that is counted for an attempt.
struct Keys {
    codes: Item,
    /// Of the user from this network.
    network_attempts: Item,
    /// Of the user with this browser, where it is known by something.
    device_attempts: Option<Item>,
    account: Item,
    /// Failures of late of the user.
    user: Item,
    /// Failures of late from each network.
    networks: Vec<Item>,
}

impl Keys {
    fn of((institution_id, username): (&str, &str), source: &Source) -> Self {
        let device = |id: DeviceId| {
            let key = hashed([institution_id, username, &URL_SAFE_NO_PAD.encode(id)]);
            user_key(&key, "browser")
        };
        Self {
            codes: codes_key((institution_id, username)),
            network_attempts: user_key(&hashed([institution_id, username, &source.network()]), "attempts"),
            device_attempts: source.device.map(|known| device(known.id)),
            account: account_key((institution_id, username)),
            user: user_key(&hashed([institution_id, username, ""]), "recent"),
            networks: network_keys(source),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Item> {
        [
            Some(&self.codes),
            Some(&self.network_attempts),
            self.device_attempts.as_ref(),
            Some(&self.account),
            Some(&self.user),
        ]
        .into_iter()
        .flatten()
        .chain(&self.networks)
    }
}

/// The users table's items of one answer.
struct Users<'a> {
    found: &'a [Item],
    store: &'a Store,
}

impl Users<'_> {
    fn read<T>(
        &self,
        key: &Item,
        read: fn(&Item) -> Result<T, Unavailable>,
        usage: &mut Usage,
    ) -> Result<Option<T>, Unavailable> {
        let found = self.found.iter().find(|item| item::is_at(item, key));
        found.map(|item| self.store.of_user(item, read, usage)).transpose()
    }

    /// The provider of an institution. One whose item is damaged counts as none, unless passwords may not count beside it.
    fn provider(&self, key: &Item, usage: &mut Usage) -> Result<Option<Provider>, Unavailable> {
        let read = self.read(key, item::to_provider, usage).map(Option::flatten);
        let is_only = || self.found.iter().any(|item| item::is_at(item, key) && item::may_be_only(item));
        read.or_else(|damaged| if is_only() { Err(damaged) } else { Ok(None) })
    }

    /// Failures of late, of each of these keys.
    fn recent(&self, keys: &[Item], usage: &mut Usage) -> Result<Vec<Recent>, Unavailable> {
        keys.iter().map(|key| self.read(key, item::to_recent, usage).map(Option::unwrap_or_default)).collect()
    }

    /// What was counted before an attempt, and the account's count as it is stored. `is_known` says that the browser signed in
    /// with what the user signs in with now.
    fn counted(
        &self,
        keys: &Keys,
        password: PasswordMark,
        is_known: bool,
        now: u64,
        usage: &mut Usage,
    ) -> Result<(Counted, Option<Account>), Unavailable> {
        let stored = self.read(&keys.account, item::to_account, usage)?;
        let mut attempts = |key: &Item| self.read(key, item::to_attempts, usage).map(Option::unwrap_or_default);
        let network = attempts(&keys.network_attempts)?;
        // A browser whose failures were forgotten has as many as none; its cookie has ended before that.
        let device: Option<Attempts> = keys.device_attempts.as_ref().map(&mut attempts).transpose()?;
        let device = device.filter(|device| is_known && device.failures < DEVICE_FAILURES);
        let user: Recent = self.read(&keys.user, item::to_recent, usage)?.unwrap_or_default();
        let networks = self.recent(&keys.networks, usage)?;
        let account = stored.and_then(|account| account.live(password, now));
        let counted = Counted { known: device.is_some(), here: device.unwrap_or(network), account, user, networks };
        Ok((counted, stored))
    }
}

impl Store {
    /// Reads all of it at once: in one batch, and the client beside it. What is remembered of the directory is not read.
    pub async fn sign_in_data(&self, wanted: Wanted<'_>, usage: &mut Usage) -> Result<SignInData, Unavailable> {
        let user_key = wanted.user.map(|(institution_id, username)| user_key(institution_id, username));
        let attempt = wanted.user.zip(wanted.attempt).map(|(user, source)| (Keys::of(user, &source), source));
        let of_none = wanted.attempt.filter(|_| wanted.user.is_none());
        let networks = of_none.map(|source| network_keys(&source)).unwrap_or_default();
        let reading = self.reading_directory();
        let mut keys = Vec::new();
        keys.extend(reading.known.is_none().then(directory_key));
        keys.extend(user_key.clone());
        let provider_key = wanted.provider.map(provider_key);
        keys.extend(provider_key.clone());
        keys.extend(attempt.iter().flat_map(|(keys, _)| keys.all()).chain(&networks).cloned());
        let mut beside = Usage { deadline: usage.deadline, ..Usage::default() };
        let client = async {
            match wanted.client_id {
                Some(client_id) => self.client_without_secrets(client_id, &mut beside).await,
                None => Ok(None),
            }
        };
        let is_client_alone = keys.is_empty();
        let users = async {
            if is_client_alone {
                return Ok(HashMap::new());
            }
            self.batch([(self.tables.users.clone(), consistent(keys)?)].into(), usage).await
        };
        let (found, client) = tokio::join!(users, client);
        if is_client_alone {
            usage.round_trips = usage.round_trips.saturating_add(beside.round_trips);
        }
        usage.beside(beside);
        let (found, client) = (found?, client?);
        let users = Users { found: found.get(&self.tables.users).map_or(&[], Vec::as_slice), store: self };
        let directory = match reading.known {
            Some(_) => None,
            None => users.read(&directory_key(), item::to_directory, usage).ok().map(Option::unwrap_or_default),
        };
        let user = user_key.map_or(Ok(None), |key| users.read(&key, item::to_user, usage));
        let provider = provider_key.map_or(Ok(None), |key| users.provider(&key, usage))?;
        let mut data = SignInData {
            client,
            provider,
            directory: reading.done(directory),
            counted: Counted { networks: users.recent(&networks, usage)?, ..Counted::default() },
            user: if attempt.is_some() { user? } else { user.unwrap_or_default() },
            ..SignInData::default()
        };
        if let Some((keys, Source { device, now, .. })) = attempt {
            data.password = Account::mark(data.user.as_ref().and_then(|user| user.sign_in.as_ref()));
            let is_known = device.is_some_and(|device| device.mark == mark(data.user.as_ref()));
            data.codes = users.read(&keys.codes, item::to_codes, usage)?.unwrap_or_default();
            (data.counted, data.stored) = users.counted(&keys, data.password, is_known, now, usage)?;
        }
        Ok(data)
    }

    /// Reads the provider of an institution by itself, where a page learns only from its other reads which one it is.
    pub async fn provider_of_page(
        &self,
        institution_id: &str,
        usage: &mut Usage,
    ) -> Result<Option<Provider>, Unavailable> {
        // A batch: the function may make no other read of this table.
        let key = provider_key(institution_id);
        let asked = [(self.tables.users.clone(), consistent(vec![key.clone()])?)].into();
        let found = self.batch(asked, usage).await?;
        let users = Users { found: found.get(&self.tables.users).map_or(&[], Vec::as_slice), store: self };
        users.provider(&key, usage)
    }
}
