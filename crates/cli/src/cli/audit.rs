//! `latchkey audit`: lists the records of the operators' changes.

mod view;

use std::collections::HashSet;

use clap::{Args, CommandFactory, Subcommand};

use crate::cli::Cli;
use crate::cli::database::DatabaseArgs;
use crate::cli::failure::{Failure, Outcome, intact};
use crate::cli::output::{text, whole};
use latchkey_dynamodb::clock::now;
use latchkey_dynamodb::environment::{Environment, variable};
use latchkey_dynamodb::store::Usage;
use latchkey_dynamodb::store::trail::{Changed, Record, Span, Step, Subject};
use latchkey_oauth::client::registration;
use latchkey_oauth::service::settings;
use latchkey_oauth::text::composed;
use latchkey_oauth::time::span;
use latchkey_oauth::token::GrantId;
use latchkey_oauth::user;

use view::{Row, View};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List records, newest first: those of the last 30 days, or of --since and --until.
    List {
        #[command(flatten)]
        filter: FilterArgs,
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

/// Which records.
#[derive(Args)]
pub(super) struct FilterArgs {
    /// Only records from this day or second on, in UTC: 2026-11-26, or 2026-11-26T08:15:00Z. Records that have ended are not
    /// looked for.
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<(u64, u64)>,
    /// Only records up to the end of this day or second.
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<(u64, u64)>,
    /// Only records whose maker has this text in the ARN or the name.
    #[arg(long, value_name = "TEXT")]
    actor: Option<String>,
    /// Only records about this client.
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// Only records about this institution, its users and grants.
    #[arg(long, value_name = "ID", value_parser = registration::institution_id)]
    institution: Option<String>,
    /// Only records about the user with this name, at --institution or anywhere.
    #[arg(long, value_name = "USERNAME")]
    user: Option<String>,
    /// Only records about this grant.
    #[arg(long, value_name = "ID", value_parser = grant_id)]
    grant: Option<String>,
    /// Only records of this command, such as 'client update', or of all its commands, such as client.
    #[arg(long, value_name = "COMMAND", value_parser = command)]
    what: Option<String>,
    /// Only records of one run of a command.
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
    /// Only the begin of commands over many items that have no end: they were cut off, or still run. Once the same command on the
    /// same client, user or grants has run to its end, those before it are left out. A deletion that was cut off after its last
    /// change stays: another run finds nothing to delete.
    #[arg(long)]
    unfinished: bool,
}

fn time(text: &str) -> Result<(u64, u64), &'static str> {
    span(text).ok_or("it must be a day (2026-11-26) or a second of it (2026-11-26T08:15:00Z), in UTC")
}

/// Reads a grant's id as records have it.
fn grant_id(text: &str) -> Result<String, &'static str> {
    let id = GrantId::parse(text).map(|id| id.to_string());
    id.ok_or("it must be a grant's id, such as 7b0c…; latchkey grant show TOKEN prints the id of a token's grant")
}

/// Reads the name of a command of this program.
fn command(text: &str) -> Result<String, &'static str> {
    let mut found = &Cli::command();
    for word in text.split(' ') {
        found =
            found.find_subcommand(word).ok_or("latchkey has no command of this name; latchkey --help lists them")?;
    }
    Ok(text.to_owned())
}

/// Whether changes of the directory name an institution: a command may add several.
fn names(changes: &[Changed], id: &str) -> bool {
    let of_institutions = changes.iter().filter(|changed| changed.attribute == "institutions");
    let mut entries = of_institutions.flat_map(|changed| changed.removed.iter().chain(&changed.added));
    entries.any(|entry| entry.split(' ').next() == Some(id))
}

/// How far back a list goes, seconds.
const MONTH: u64 = 30 * DAY;
const DAY: u64 = 24 * 60 * 60;

impl FilterArgs {
    fn takes(&self, record: &Record) -> bool {
        let Record { actor, command, run, subject, changes, .. } = record;
        let is = |wanted: &Option<String>, has: &Option<String>| wanted.is_none() || wanted == has;
        let mut makers = [&actor.known, &actor.said].into_iter().flatten();
        let is_what =
            |what: &str| command == what || command.strip_prefix(what).is_some_and(|rest| rest.starts_with(' '));
        let username = self.user.as_deref().map(|user| user::username(user).unwrap_or_else(|| composed(user)));
        self.actor.as_ref().is_none_or(|actor| makers.any(|maker| maker.contains(actor)))
            && is(&self.client_id, &subject.client_id)
            && self.institution.as_ref().is_none_or(|id| {
                subject.institution_id.as_ref() == Some(id) || subject.client_id.is_none() && names(changes, id)
            })
            && is(&username, &subject.username)
            && self.grant.as_ref().is_none_or(|grant| subject.grant_ids.contains(grant))
            && self.what.as_deref().is_none_or(is_what)
            && self.run.as_ref().is_none_or(|wanted| wanted == run)
    }
}

/// How long a record is kept, seconds: as the setting says, or as its default says if that is longer. Each day is a request.
fn longest_kept() -> Outcome<u64> {
    let setting = &settings::AUDIT_DAYS;
    let default = Environment(|_: &str| None).number(setting)?;
    Ok(Environment(variable).number(setting)?.max(default).saturating_mul(DAY))
}

/// Which runs have ended. Records come newest first.
#[derive(Default)]
struct Ends {
    runs: HashSet<String>,
    /// What a run that has ended began with.
    made: Vec<(String, Subject)>,
}

impl Ends {
    /// Whether a record is the begin of a run that has no end, and no run after it has done the same to the end.
    fn lacks(&mut self, record: &Record) -> bool {
        let Record { step, command, run, subject, .. } = record;
        match step {
            Some(Step::Done) => {
                self.runs.insert(run.clone());
                false
            }
            Some(Step::Begun) if self.runs.contains(run) => {
                let is_of_file = ["apply", "user import"].contains(&command.as_str());
                // The next run may have been of another file.
                if !is_of_file {
                    self.made.push((command.clone(), subject.clone()));
                }
                false
            }
            Some(Step::Begun) => !self.made.iter().any(|(done, on)| done == command && on == subject),
            None => false,
        }
    }
}

impl Command {
    pub(super) async fn run(self) -> Outcome {
        let Self::List { filter, database } = self;
        let now = now();
        let last = filter.until.map_or(now, |(_, last)| last.min(now));
        let since = filter.since.map_or(last.saturating_sub(MONTH), |(first, _)| first);
        if last < since {
            return Err(Failure::new("--since is later than --until or than now, so no record can match"));
        }
        let since = since.max(now.saturating_sub(longest_kept()?));
        // The end of a command may come after the last second.
        let span = Span { since, until: if filter.unfinished { now } else { last } };
        let (store, table) = database.open_trail().await?;
        let (mut usage, mut ends) = (Usage::default(), Ends::default());
        let keep = |record: &Record| {
            let is_cut_off = ends.lacks(record);
            (!filter.unfinished || is_cut_off) && record.at <= last && filter.takes(record)
        };
        let records = store.records(&table, span, keep, &mut usage).await;
        let records = records.map_err(|unavailable| Failure::database(unavailable, &usage))?;
        let views: Vec<_> = records.iter().map(View::new).collect();
        let rows: Vec<_> = records.iter().map(Row::new).collect();
        let columns = [whole("at"), text("actor"), text("command"), text("on"), text("what")];
        database.output.many_as(&views, &rows, &columns)?;
        intact(&usage)
    }
}
