//! `cargo bench --bench timing [-- SHARE]`: whether time tells a caller what an answer does not. Each line compares two classes
//! of one request by Welch's t, as dudect does: measured in random turns, over the whole and over what lies below rising
//! percentiles; |t| of 4.5 and above tells them apart. Beside it stands the smallest difference of the middle halves
//! that so many measurements of such a spread show: below it, "cannot be told apart" says nothing. Prints, never fails. SHARE,
//! in percent, shortens a run.
//!
//! The first line is a comparison that leaks, so that one sees the method see. "alone" measures a function, "whole" a
//! request from the event's headers to its answer, over the engine in memory, without a network.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::cell::Cell;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Request, Response};
use latchkey::context::{ConnectInfo, Endpoint, Service};
use latchkey::endpoint::{authorize, introspect};
use latchkey::log::LogLine;
use latchkey_cli::local::{DEMO_INSTITUTION, DEMO_PASSWORD, DEMO_USER, Options, Server};
use latchkey_dynamodb::clock;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::Usage;
use latchkey_dynamodb::store::sign_in::{Source, Wanted};
use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::{Client, NamedSecret, new_client_id, new_secret};
use latchkey_oauth::client_auth::replay::Replay;
use latchkey_oauth::client_auth::wskey::header::Credentials;
use latchkey_oauth::client_auth::wskey::signed_text::SignedText;
use latchkey_oauth::client_auth::wskey::{decode, replay_key, sign, signer, verify};
use latchkey_oauth::form::{Pairs, encode};
use latchkey_oauth::grant::{Code, Grant, Institutions};
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::grants::authorization_code::redeem;
use latchkey_oauth::grants::named::Named;
use latchkey_oauth::grants::{Entropy, client_credentials};
use latchkey_oauth::secret::ClientSecret;
use latchkey_oauth::service::KeySet;
use latchkey_oauth::sign_in::password;
use latchkey_oauth::token::{GrantId, Kind, Minted, TokenHash, Unverified};
use latchkey_oauth::tokens::active::active;
use latchkey_oauth::user::User;
use latchkey_testkit::bench::signed::{ASK, signed};
use sha2::{Digest, Sha256};

const TELLS: f64 = 4.5;
/// As long as the demo user's name.
const NOBODY: &str = "domo";
const DISABLED: &str = "dumo";

/// Two classes, measured in random turns: `run` is told whether it is the second's and says how many nanoseconds it took. One
/// code for both, since two copies of it differ by where they lie.
fn compare(what: &str, measurements: usize, mut run: impl FnMut(bool) -> f64) {
    let share: usize = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(100);
    let measurements = (measurements * share / 100).max(200);
    let mut classes = [Vec::new(), Vec::new()];
    let turns: Vec<bool> = (0..measurements / 8 + 1)
        .flat_map(|_| {
            let [byte] = random::<1>().unwrap();
            (0..8).map(move |bit| byte >> bit & 1 == 1)
        })
        .collect();
    for (index, turn) in turns.into_iter().enumerate() {
        let took = run(turn);
        // What comes first warms the caches.
        if index >= measurements / 20 {
            classes[usize::from(turn)].push(took);
        }
    }
    let mut all = classes.concat();
    all.sort_by(f64::total_cmp);
    // dudect's percentiles: dense where the short times are.
    let crops = (1..=100).map(|step| 1.0 - 0.5_f64.powf(10.0 * f64::from(step) / 100.0));
    let bounds = crops.map(|crop| all[(all.len() as f64 * crop) as usize]).chain([f64::INFINITY]);
    let most = bounds.filter_map(|bound| welch(&classes, bound)).max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap();
    let [one, other] = classes.map(middle);
    let seen_from = TELLS * (one.1 + other.1).sqrt();
    let verdict = if most.abs() < TELLS { "cannot be told apart" } else { "TOLD APART" };
    println!(
        "{what:<66}{measurements:>8}{:>14.1}{:>+13.1}{seen_from:>11.2}{most:>9.1}   {verdict}",
        one.0,
        other.0 - one.0
    );
}

/// Of the measurements below `bound`; `None` where they are too few.
fn welch(classes: &[Vec<f64>; 2], bound: f64) -> Option<f64> {
    let [a, b] = classes.each_ref().map(|class| {
        let within: Vec<_> = class.iter().filter(|took| **took <= bound).collect();
        let count = within.len() as f64;
        let mean = within.iter().copied().sum::<f64>() / count;
        let spread = within.iter().map(|took| (*took - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (count, mean, spread / count)
    });
    let t = (b.1 - a.1) / (a.2 + b.2).sqrt();
    (a.0 >= 40.0 && b.0 >= 40.0 && t.is_finite()).then_some(t)
}

/// The mean of the middle half, which no outlier moves and no step of the clock rounds; and its variance, of what lies beyond
/// taken as its ends (Tukey and McLaughlin's).
fn middle(mut class: Vec<f64>) -> (f64, f64) {
    class.sort_by(f64::total_cmp);
    let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
    let quarter = class.len() / 4;
    let within = &class[quarter..class.len() - quarter];
    let (middle, share) = (mean(within), within.len() as f64 / class.len() as f64);
    let (low, high) = (within[0], within[within.len() - 1]);
    let count = class.len() as f64;
    class.iter_mut().for_each(|took| *took = took.clamp(low, high));
    let about = mean(&class);
    let spread = class.iter().map(|took| (took - about).powi(2)).sum::<f64>() / (count - 1.0);
    (middle, spread / share.powi(2) / count)
}

/// Nanoseconds of one run: of `times` runs together, where one alone is too short for the clock.
fn timed<T>(times: u32, mut run: impl FnMut() -> T) -> f64 {
    let began = Instant::now();
    for _ in 0..times {
        black_box(run());
    }
    began.elapsed().as_nanos() as f64 / f64::from(times)
}

/// With one byte changed: the first, or the last.
fn wrong<const N: usize>(bytes: [u8; N], at: usize) -> [u8; N] {
    let mut wrong = bytes;
    wrong[at] ^= 1;
    wrong
}

fn off_by_a_bit(hash: &TokenHash, at: usize) -> TokenHash {
    TokenHash::from_slice(&wrong::<32>(hash.as_slice().try_into().unwrap(), at)).unwrap()
}

/// A signed request, but for one byte of its signature.
fn missigned(request: &Request<Bytes>, at: usize) -> Request<Bytes> {
    let mut request = request.clone();
    let header = request.headers()["authorization"].to_str().unwrap();
    let signature = Credentials::parse(header.as_bytes()).unwrap().signature;
    let header = header.replace(signature, &STANDARD.encode(wrong(decode(signature).unwrap(), at)));
    request.headers_mut().insert("authorization", header.parse().unwrap());
    request
}

fn main() {
    println!("ns: what the first takes, what the second takes beyond it, and from where on that would have been seen");
    println!("{:<66}{:>8}{:>14}{:>13}{:>11}{:>9}", "", "n", "first", "second", "seen from", "t");
    let bench = Bench::new();
    comparisons();
    bench.signatures();
    bench.tokens();
    bench.sign_in();
}

fn comparisons() {
    let stored: [u8; 32] = random().unwrap();
    let given = [0, 31].map(|at| wrong(stored, at));
    compare("control: a comparison that stops at the first difference", 100_000, |second| {
        let given = given[usize::from(second)];
        timed(32, || black_box(&given).iter().zip(black_box(&stored)).all(|(a, b)| black_box(a) == b))
    });
    let hash = TokenHash::from_slice(&stored).unwrap();
    compare("hash of a token, alone: wrong at its begin, at its end", 200_000, |second| {
        let given = TokenHash::from_slice(&given[usize::from(second)]).unwrap();
        timed(32, || black_box(&hash).matches(black_box(&given)))
    });
}

struct Bench {
    runtime: tokio::runtime::Runtime,
    service: Arc<Service>,
    now: u64,
    /// A client with one secret, and the same one disabled.
    client: Client,
    disabled: Client,
    secret: ClientSecret,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let options = Options { state: Some(folder.path().to_owned()), memory: true, ..Options::default() };
        let now = clock::now();
        let (service, [client, disabled], secret) = runtime.block_on(async {
            let server = Server::start(options).await.unwrap();
            server.demo(now).await.unwrap();
            let (service, secret) = (server.service.clone(), new_secret(random().unwrap()));
            let clients = [false, true].map(|disabled| {
                let id = new_client_id(random().unwrap());
                let sealed = service.keyring(KeySet::Clients).seal(&id, &secret, random().unwrap()).unwrap();
                let first = NamedSecret { name: "first".into(), sealed, created_at: now, expires_at: None };
                Client {
                    disabled,
                    grant_types: GrantType::ASKED_FOR.to_vec(),
                    scopes: vec!["WMS_NCIP".into()],
                    institutions: vec!["128807".into()],
                    redirect_uris: vec!["http://127.0.0.1/callback".into()],
                    introspects: vec!["*".into()],
                    ..Client::new(id, "A client".into(), first, now)
                }
            });
            for client in &clients {
                assert!(service.store.create_client(client, &mut Usage::default()).await.unwrap().is_made());
            }
            (service, clients, secret)
        });
        Self { runtime, service, now, client, disabled, secret, _folder: folder }
    }

    fn answer(&self, endpoint: Endpoint, request: &Request<Bytes>, now: u64) -> Response<Bytes> {
        let answered = self.service.answer(endpoint, Ok(request.clone()), LogLine::default(), now);
        self.runtime.block_on(answered).0
    }

    /// A question for `token`, signed with `secret`.
    fn question(&self, client_id: &str, secret: &ClientSecret, token: &str) -> Request<Bytes> {
        let query = format!("token={token}");
        Request::post(format!("/oauth2/introspect?{query}"))
            .header("authorization", signed(client_id, secret, &query, self.now))
            .body(Bytes::new())
            .unwrap()
    }

    fn ask(&self, request: &Request<Bytes>, status: u16) -> f64 {
        timed(1, || assert_eq!(self.answer(introspect::ENDPOINT, request, self.now).status(), status))
    }

    fn signatures(&self) {
        let Self { service, client, disabled, secret, now, .. } = self;
        let query = Pairs::parse(ASK.as_bytes()).unwrap();
        let query = query.normalised();
        let text = SignedText {
            client_id: &client.id,
            timestamp: "1795430400",
            nonce: "5368c00b",
            body_hash: "",
            method: "POST",
            authority: &service.settings.authority,
            query: &query,
        };
        let right = decode(&sign(secret, &text)).unwrap();
        let given = [0, 31].map(|at| wrong(right, at));
        compare("signature, alone: wrong at its begin, at its end", 100_000, |second| {
            let given = given[usize::from(second)];
            timed(8, || verify(secret, &text, black_box(&given)))
        });
        let given = STANDARD.encode(given[1]);
        let off = Client { id: client.id.clone(), ..disabled.clone() };
        for (whose, other) in [("no client", None), ("a disabled client", Some(&off))] {
            compare(&format!("signature, alone: wrong, of {whose}"), 100_000, |second| {
                let client = if second { other } else { Some(client) };
                timed(4, || signer(service.keyring(KeySet::Clients), black_box(client), &text, &given, *now))
            });
        }
        let (other, nobody) = (new_secret(random().unwrap()), new_client_id(random().unwrap()));
        let token = Minted::new(Kind::Access, GrantId::random(random().unwrap()), None, &[1; 20]).text;
        let [known, unknown, off] =
            [&client.id, &nobody, &disabled.id].map(|client_id| self.question(client_id, &other, &token));
        for (whose, other) in [("no client", &unknown), ("a disabled client", &off)] {
            compare(&format!("signature, whole: wrong, of {whose}"), 30_000, |second| {
                self.ask(if second { other } else { &known }, 401)
            });
        }
        let right = self.question(&client.id, secret, &token);
        let given = [0, 31].map(|at| missigned(&right, at));
        compare("signature, whole: wrong at its begin, at its end", 30_000, |second| {
            self.ask(&given[usize::from(second)], 401)
        });
    }

    fn tokens(&self) {
        let Self { service, client, now, .. } = self;
        let institutions = Institutions { authenticating: "128807".into(), context: "128807".into() };
        let asked = client_credentials::ClientCredentialsRequest {
            scope: "WMS_NCIP refresh_token",
            institutions: institutions.clone(),
            named: Named::default(),
        };
        let entropy = Entropy { access: random().unwrap(), refresh: random().unwrap() };
        let replay = Replay::marked(AuthMethod::WsKey, replay_key(&client.id, "1", "1"), *now);
        let Ok((mut grant, _)) =
            client_credentials::client_credentials(client, asked, &replay, &service.settings, &entropy, *now)
        else {
            panic!()
        };
        // The right token, against hashes that are not its own: of a wrong token the hash would differ anywhere.
        let off = |secret: &[u8; 20]| [0, 31].map(|at| off_by_a_bit(&TokenHash::of(secret), at));
        let stored = off(&entropy.access);
        let token = |id| Minted::new(Kind::Access, id, None, &entropy.access).text;
        let presented = Unverified::parse(&token(grant.id)).unwrap();
        compare("token, alone: the stored hash off at its begin, at its end", 100_000, |second| {
            grant.access.as_mut().unwrap().hash = stored[usize::from(second)];
            timed(32, || assert!(active(black_box(&presented), Some(&grant), None, 0, *now).is_none()))
        });
        // Many grants of each class: where one lies in the table is not what is compared.
        let questions = [Some(stored[0]), Some(stored[1]), None].map(|stored| {
            [(); 16].map(|()| {
                let mut grant = Grant { id: GrantId::random(random().unwrap()), ..grant.clone() };
                if let Some(stored) = stored {
                    grant.access.as_mut().unwrap().hash = stored;
                    assert!(self.runtime.block_on(service.store.begin_grant(&grant, &mut Usage::default())).is_ok());
                }
                self.question(&client.id, &self.secret, &token(grant.id))
            })
        });
        for (what, other) in [("the stored hash off at its begin, at its end", 1), ("wrong, of no grant", 2)] {
            let mut turns = (0..16).cycle();
            compare(&format!("token, whole: {what}"), 30_000, |second| {
                self.ask(&questions[if second { other } else { 0 }][turns.next().unwrap()], 200)
            });
        }

        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge: [u8; 32] = Sha256::digest(verifier).into();
        grant.code = Some(Code {
            hash: TokenHash::of(&entropy.refresh),
            expires_at: now + 600,
            redirect_uri: "http://127.0.0.1/callback".into(),
            challenge: None,
            redeemed: None,
        });
        let presented = Unverified::parse(&Minted::new(Kind::Code, grant.id, None, &entropy.refresh).text);
        let mut redeems = |challenge: &[u8; 32], stored: TokenHash| {
            let code = grant.code.as_mut().unwrap();
            code.hash = stored;
            // In place: the same text at the same address for both classes.
            let text = code.challenge.get_or_insert_default();
            text.clear();
            URL_SAFE_NO_PAD.encode_string(challenge, text);
            timed(8, || {
                let asked = redeem::RedemptionRequest {
                    code: presented,
                    redirect_uri: Some("http://127.0.0.1/callback"),
                    institutions: institutions.clone().into(),
                    verifier: Some(verifier),
                };
                redeem::redeem(client, Some(&grant), &asked, &replay, &service.settings, &entropy, *now).is_ok()
            })
        };
        compare("PKCE, alone: wrong at its begin, at its end", 100_000, |second| {
            redeems(&wrong(challenge, if second { 31 } else { 0 }), TokenHash::of(&entropy.refresh))
        });
        let stored = off(&entropy.refresh);
        compare("code, alone: the stored hash off at its begin, at its end", 100_000, |second| {
            redeems(&challenge, stored[usize::from(second)])
        });
    }

    fn sign_in(&self) {
        let store = &self.service.store;
        let source = Source::unknown(Ipv4Addr::LOCALHOST.into(), self.now);
        let mut usage = Usage::default();
        compare("sign-in, its first read: of a user, of no user", 30_000, |second| {
            let user = Some((DEMO_INSTITUTION, if second { NOBODY } else { DEMO_USER }));
            let wanted = Wanted { client_id: Some(&self.client.id), user, attempt: Some(source), provider: None };
            timed(1, || {
                assert_eq!(
                    self.runtime.block_on(store.sign_in_data(wanted, &mut usage)).unwrap().user.is_none(),
                    second
                )
            })
        });
        let hash = password::hash(DEMO_PASSWORD, &random().unwrap()).unwrap();
        compare("password, alone: wrong, of no user", 800, |second| {
            let hash = (!second).then_some(&hash);
            timed(1, || assert!(!password::verify("wrong", hash)))
        });
        let attempts = Cell::new(0);
        let attempt = |username: &str| {
            // From an address of its own, in a window of its own: no attempt slows the next one.
            let index = attempts.replace(attempts.get() + 1);
            self.attempt(username, Ipv4Addr::from_bits(0x0a00_0000 + index), self.now + u64::from(index) * 1000)
        };
        let user = self.runtime.block_on(store.user(DEMO_INSTITUTION, DEMO_USER, &mut usage)).unwrap().unwrap();
        let off = User { username: DISABLED.to_owned(), disabled: true, revision: 0, ..user.into_inner() };
        assert!(self.runtime.block_on(store.add_user(off, &mut usage)).unwrap().is_made());
        for (whose, other) in [("no user", NOBODY), ("a disabled user", DISABLED)] {
            compare(&format!("sign-in, whole: wrong, of {whose}"), 800, |second| {
                attempt(if second { other } else { DEMO_USER })
            });
        }
    }

    fn attempt(&self, username: &str, address: Ipv4Addr, now: u64) -> f64 {
        let connect_info = ConnectInfo { address: Some(IpAddr::V4(address)), ..ConnectInfo::default() };
        let rest = ASK.split_once('&').unwrap().1;
        let target = format!("/oauth2/authorizeCode?client_id={}&response_type=code&{rest}", self.client.id);
        let page = Request::get(format!("{target}&redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback"))
            .extension(connect_info.clone())
            .body(Bytes::new())
            .unwrap();
        let page = self.answer(authorize::ENDPOINT, &page, now);
        let cookie = page.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap();
        let text = std::str::from_utf8(page.body()).unwrap();
        let form = text.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let body = format!("form={}&action=sign_in&username={username}&password=wrong", encode(form));
        let answer = Request::post("/oauth2/authorizeCode")
            .header("cookie", cookie)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .extension(connect_info)
            .body(Bytes::from(body))
            .unwrap();
        timed(1, || assert_eq!(self.answer(authorize::ENDPOINT, &answer, now).status(), 403))
    }
}
