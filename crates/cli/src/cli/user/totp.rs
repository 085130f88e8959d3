//! `latchkey user totp`: gives a user a second factor, replaces the recovery codes, and takes both away.

mod reseal;

use clap::Subcommand;
use data_encoding::BASE32_NOPAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde::Serialize;
use zeroize::Zeroizing;

use super::UserArgs;
use super::view::UserView;
use crate::cli::actor::ChangeArgs;
use crate::cli::database::made;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::output;
use crate::cli::sealing::SealingArgs;
use latchkey_dynamodb::environment::variable;
use latchkey_dynamodb::random;
use latchkey_dynamodb::store::{Store, Stored, Usage};
use latchkey_oauth::service::KeySet;
use latchkey_oauth::service::settings::PAGE_NAME;
use latchkey_oauth::sign_in::factor::{
    DIGITS, RECOVERY_BYTES, RECOVERY_CODES, RecoveryHash, SECRET_BYTES, STEP, recovery_hash, sealed_for,
};
use latchkey_oauth::user::User;

#[derive(Subcommand)]
pub(in crate::cli) enum Command {
    /// Give a user a second factor: print a secret for the user's app, as a QR code and as an otpauth URI, and recovery codes.
    /// They are shown once. From then on the user signs in with the password and a code. Needs the sealing key.
    Enrol {
        #[command(flatten)]
        user: UserArgs,
        #[command(flatten)]
        sealing: SealingArgs,
        #[command(flatten)]
        database: ChangeArgs,
    },
    /// Take a user's second factor and recovery codes away: the password is enough again.
    Remove {
        #[command(flatten)]
        user: UserArgs,
        #[command(flatten)]
        database: ChangeArgs,
    },
    /// Print new recovery codes for a user with a second factor. The old ones work no more.
    Codes {
        #[command(flatten)]
        user: UserArgs,
        #[command(flatten)]
        database: ChangeArgs,
    },
    /// Seal the secrets of all second factors under the first sealing key, so that the other keys can be removed. It reads the
    /// whole table of users, and ends the sessions on the pages of the users whose secrets it seals. Needs the sealing keys.
    Reseal {
        #[command(flatten)]
        sealing: SealingArgs,
        #[command(flatten)]
        database: ChangeArgs,
    },
}

#[derive(Serialize)]
struct Enrolled<'a> {
    institution_id: &'a str,
    username: &'a str,
    uri: &'a str,
    recovery_codes: &'a [String],
}

#[derive(Serialize)]
struct Renewed<'a> {
    institution_id: &'a str,
    username: &'a str,
    recovery_codes: &'a [String],
}

impl Command {
    pub(super) async fn run(self) -> Outcome {
        match self {
            Self::Enrol { user, sealing, database } => enrol(&user, &sealing, &database).await,
            Self::Remove { user, database } => remove(&user, &database).await,
            Self::Codes { user, database } => codes(&user, &database).await,
            Self::Reseal { sealing, database } => reseal::reseal(&sealing, &database).await,
        }
    }
}

async fn enrol(args: &UserArgs, sealing: &SealingArgs, database: &ChangeArgs) -> Outcome {
    let service = database.open_with_keys("user totp enrol", KeySet::Pages).await?;
    let mut user = args.find(&service.store).await?;
    if user.second_factor.is_some() {
        return Err(Failure::new(
            "the user has a second factor already; latchkey user totp codes makes new recovery codes, and latchkey user totp \
             remove takes the factor away",
        ));
    }
    sealing.prove_pages(&service, &user.institution_id).await?;
    let secret: Zeroizing<[u8; SECRET_BYTES]> = Zeroizing::new(random()?);
    let sealed = service.keyring(KeySet::Pages).seal_bytes(
        &sealed_for((&user.institution_id, &user.username)),
        &secret[..],
        random()?,
    );
    user.second_factor = Some(sealed.map_err(|error| Failure::new(error.to_string()))?);
    let uri = uri(&user, &secret[..]);
    let (institution_id, username) = (user.institution_id.clone(), user.username.clone());
    let (codes, hashes) = new_codes(&user)?;
    // Both or neither, under a condition: of two operators at once only one gives the factor, and shows the codes that work.
    change_factor(&service.store, user, Some(&hashes)).await?;
    let view = Enrolled { institution_id: &institution_id, username: &username, uri: &uri, recovery_codes: &codes };
    if database.output.json {
        return database.output.one(&view);
    }
    let code = QrCode::new(uri.as_bytes()).map_err(|error| Failure::new(error.to_string()))?;
    // Light on dark is what most terminals are: the code needs the reverse.
    let picture = code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
    output::line(&format!("{picture}\n\n{}\n\nRecovery codes, each for one sign-in:\n{}", &*uri, codes.join("\n")))
}

async fn remove(args: &UserArgs, database: &ChangeArgs) -> Outcome {
    let store = database.open("user totp remove").await?;
    let mut user = args.find(&store).await?;
    if user.second_factor.take().is_none() {
        return Err(none());
    }
    let ours = user.clone();
    let changed = change_factor(&store, user, None).await?.unwrap_or(ours);
    database.output.one(&UserView::new(&changed))?;
    eprintln!(
        "latchkey: the password is the only factor now; if it is short, set another one with latchkey user passwd"
    );
    Ok(())
}

async fn codes(args: &UserArgs, database: &ChangeArgs) -> Outcome {
    let store = database.open("user totp codes").await?;
    let user = args.find(&store).await?;
    if user.second_factor.is_none() {
        return Err(none());
    }
    let (codes, hashes) = new_codes(&user)?;
    let mut usage = Usage::default();
    let put = store.put_recovery_codes(&user, &hashes, &mut usage).await;
    put.map_err(|unavailable| Failure::database(unavailable, &usage))?;
    if database.output.json {
        let (institution_id, username) = (user.institution_id.as_str(), user.username.as_str());
        return database.output.one(&Renewed { institution_id, username, recovery_codes: &codes });
    }
    output::line(&codes.join("\n"))
}

fn none() -> Failure {
    Failure::new("the user has no second factor; latchkey user totp enrol gives one")
}

/// Writes a user who was read before, with these recovery codes or without any. Returns the user as another operator has changed
/// it since, if so.
async fn change_factor(
    store: &Store,
    user: Stored<User>,
    recovery: Option<&[RecoveryHash]>,
) -> Outcome<Option<Stored<User>>> {
    let mut usage = Usage::default();
    let changed = store.change_second_factor(user, recovery, &mut usage).await;
    made(changed.map_err(|unavailable| Failure::database(unavailable, &usage))?)
}

/// Makes new recovery codes, and their hashes.
fn new_codes(user: &User) -> Outcome<(Vec<String>, Vec<RecoveryHash>)> {
    let (mut codes, mut hashes) = (Vec::new(), Vec::new());
    for _ in 0..RECOVERY_CODES {
        let letters = BASE32_NOPAD.encode(&random::<RECOVERY_BYTES>()?).to_lowercase();
        hashes.push(recovery_hash(&letters, (&user.institution_id, &user.username)));
        let groups = letters.as_bytes().chunks(4).map(String::from_utf8_lossy);
        codes.push(groups.collect::<Vec<_>>().join("-"));
    }
    Ok((codes, hashes))
}

/// What the user's app reads (the key URI format of Google Authenticator).
fn uri(user: &User, secret: &[u8]) -> Zeroizing<String> {
    let issuer = variable(PAGE_NAME.name).unwrap_or_else(|| PAGE_NAME.text().to_owned());
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let account = format!("{}@{}", user.username, user.institution_id);
    let (issuer, account) = (encoded(&issuer), encoded(&account));
    let secret = Zeroizing::new(BASE32_NOPAD.encode(secret));
    Zeroizing::new(format!(
        "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP}",
        &*secret
    ))
}
