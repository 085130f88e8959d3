//! The examples that `--help` shows, a list for each command.

use clap::Command;

use crate::cli::scans;

/// Each command, and lines to paste. A test parses them all.
const EXAMPLES: &[(&str, &[&str])] = &[
    ("", &["latchkey", "latchkey client list --local", "latchkey token get --help"]),
    (
        "serve",
        &[
            "latchkey serve",
            "latchkey serve --port 8081 --dynamodb-port 8001 --state other",
            "latchkey serve --memory",
            "latchkey serve --containers",
        ],
    ),
    (
        "client create",
        &[
            "latchkey client create --name 'Reading lists' --grant-type client_credentials --grant-type refresh_token \
             --scope WMS_NCIP --institution 128807",
            "latchkey client create --name 'Mobile' --grant-type authorization_code --scope WMS_NCIP --institution '*' \
             --redirect-uri https://app.example/callback --pkce-required true",
            "latchkey client create --name 'Loans API' --introspects WMS_NCIP",
            "latchkey client create --client-id reading-lists --name 'Reading lists' --grant-type client_credentials \
             --scope WMS_NCIP --institution 128807 --secret-to latchkey/clients/reading-lists",
        ],
    ),
    (
        "client import",
        &["latchkey client import --client-id KEY --secret - --name 'Old' --grant-type client_credentials \
             --scope WMS_NCIP --institution 128807 < secret.txt"],
    ),
    ("client list", &["latchkey client list", "latchkey client list --json", "latchkey client list --check-secrets"]),
    ("client show", &["latchkey client show CLIENT_ID"]),
    (
        "client guide",
        &[
            "latchkey client guide CLIENT_ID",
            "latchkey client guide CLIENT_ID --for openid-client --url https://auth.example > latchkey.mjs",
            "latchkey client guide CLIENT_ID --for authlib --institution 128807 --local",
        ],
    ),
    (
        "client update",
        &[
            "latchkey client update CLIENT_ID --name 'Reading lists'",
            "latchkey client update CLIENT_ID --scope WMS_NCIP --scope WMS_ACQ",
            "latchkey client update CLIENT_ID --add-redirect-uri https://app.example/new \
             --remove-redirect-uri https://app.example/callback",
            "latchkey client update CLIENT_ID --clear redirect-uri",
        ],
    ),
    ("client disable", &["latchkey client disable CLIENT_ID"]),
    ("client enable", &["latchkey client enable CLIENT_ID"]),
    ("client delete", &["latchkey client delete CLIENT_ID", "latchkey client delete CLIENT_ID --yes"]),
    (
        "client rotate-secret",
        &[
            "latchkey client rotate-secret CLIENT_ID",
            "latchkey client rotate-secret CLIENT_ID --overlap 0",
            "latchkey client rotate-secret CLIENT_ID --retire first",
            "latchkey client rotate-secret CLIENT_ID --secret-to latchkey/clients/reading-lists",
        ],
    ),
    ("client reseal", &["latchkey client reseal"]),
    (
        "grant list",
        &[
            "latchkey grant list --user alice --institution 128807",
            "latchkey grant list --client-id CLIENT_ID",
            "latchkey grant list --json",
        ],
    ),
    (
        "client revoke-all",
        &[
            "latchkey client revoke-all CLIENT_ID",
            "latchkey client revoke-all CLIENT_ID --before 2026-11-26T08:15:00Z --yes",
        ],
    ),
    ("grant index", &["latchkey grant index"]),
    ("grant show", &["latchkey grant show GRANT_ID", "latchkey grant show - < token.txt"]),
    (
        "grant revoke",
        &[
            "latchkey grant revoke GRANT_ID",
            "latchkey grant revoke --user alice --institution 128807",
            "latchkey grant revoke --client-id CLIENT_ID --yes",
            "latchkey grant revoke --principal-id ID --principal-idns urn:latchkey:128807",
        ],
    ),
    (
        "user add",
        &[
            "latchkey user add --institution 128807 alice",
            "latchkey user add --institution 128807 alice --principal-id ID --principal-idns urn:example < password.txt",
        ],
    ),
    ("user import", &["latchkey user import users.csv", "latchkey user import - --institution 128807 < users.csv"]),
    ("user show", &["latchkey user show --institution 128807 alice"]),
    ("user delete", &["latchkey user delete --institution 128807 alice"]),
    ("user passwd", &["latchkey user passwd --institution 128807 alice"]),
    (
        "user totp enrol",
        &[
            "latchkey user totp enrol --institution 128807 alice",
            "latchkey user totp enrol --institution 128807 alice --json",
        ],
    ),
    ("user totp remove", &["latchkey user totp remove --institution 128807 alice"]),
    ("user totp reseal", &["latchkey user totp reseal"]),
    ("user totp codes", &["latchkey user totp codes --institution 128807 alice"]),
    ("user unlock", &["latchkey user unlock --institution 128807 alice"]),
    ("user disable", &["latchkey user disable --institution 128807 alice"]),
    ("user enable", &["latchkey user enable --institution 128807 alice"]),
    (
        "user log-id",
        &[
            "latchkey user log-id --institution 128807 alice",
            "latchkey user log-id --institution 128807 alice --address 192.0.2.1 --json",
        ],
    ),
    ("user list", &["latchkey user list --institution 128807"]),
    ("institution add", &["latchkey institution add 128807 --name 'Demo Library'"]),
    ("institution import", &["latchkey institution import libraries.csv"]),
    ("institution remove", &["latchkey institution remove 128807"]),
    ("institution list", &["latchkey institution list"]),
    (
        "institution idp set",
        &[
            "latchkey institution idp set 128807 --issuer https://login.example/realms/library --client-id latchkey --secret -",
            "latchkey institution idp set 128807 --secret - < new-secret.txt",
            "latchkey institution idp set 128807 --only",
            "latchkey institution idp set 128807 --only=false",
            "latchkey institution idp set 128807 --refresh-days 7",
        ],
    ),
    ("institution idp refresh", &["latchkey institution idp refresh 128807"]),
    (
        "institution idp test",
        &[
            "latchkey institution idp test 128807",
            "latchkey institution idp test 128807 --issuer https://login.example/realms/library --json",
        ],
    ),
    ("institution idp show", &["latchkey institution idp show 128807"]),
    ("institution idp remove", &["latchkey institution idp remove 128807"]),
    ("institution idp release", &["latchkey institution idp release 128807 --namespace urn:demo:eppn"]),
    ("institution idp reseal", &["latchkey institution idp reseal"]),
    (
        "audit list",
        &[
            "latchkey audit list",
            "latchkey audit list --client-id CLIENT_ID --since 2026-11-01",
            "latchkey audit list --user alice --institution 128807 --json",
            "latchkey audit list --what 'client update' --actor alice",
            "latchkey audit list --unfinished",
        ],
    ),
    ("scope describe", &["latchkey scope describe WMS_NCIP --name 'Circulation: see and change loans and holds'"]),
    ("scope list", &["latchkey scope list"]),
    (
        "scope publish",
        &[
            "latchkey scope publish",
            "latchkey scope publish --url https://auth.example",
            "latchkey scope publish --json",
        ],
    ),
    ("scope remove", &["latchkey scope remove WMS_NCIP"]),
    (
        "apply",
        &[
            "latchkey apply --plan registration.toml",
            "latchkey apply registration.toml",
            "latchkey apply registration.yaml --yes --json",
            "latchkey apply - --format json --yes < registration.json",
        ],
    ),
    (
        "export",
        &["latchkey export registration.toml", "latchkey export --users --format yaml", "latchkey export --json"],
    ),
    (
        "code create",
        &["latchkey code create --client-id CLIENT_ID --redirect-uri https://app.example/callback --scope WMS_NCIP \
             --institution 128807 --principal-id ID --principal-idns urn:latchkey:128807"],
    ),
    (
        "sign",
        &[
            "latchkey sign 'https://auth.example/oauth2/refreshToken?grant_type=refresh_token&refresh_token=rt_TOKEN'",
            "latchkey sign --curl 'https://auth.example/oauth2/accessToken?grant_type=client_credentials&scope=WMS_NCIP'",
            "latchkey sign --event 'http://127.0.0.1:3000/oauth2/accessToken?grant_type=client_credentials&scope=WMS_NCIP' \
             > event.json",
            "latchkey sign --method PUT --body note.txt --text https://api.example/note",
        ],
    ),
    (
        "token get",
        &[
            "latchkey token get --scope WMS_NCIP --institution 128807",
            "latchkey token get --scope 'WMS_NCIP refresh_token' --institution 128807 --json",
        ],
    ),
    (
        "token login",
        &[
            "latchkey token login --scope 'WMS_NCIP refresh_token'",
            "latchkey token login --scope WMS_NCIP --institution 128807 --no-browser",
            "latchkey token login --scope WMS_NCIP --client-id CLIENT_ID --auth-method none",
            "latchkey token login --scope WMS_NCIP --par",
        ],
    ),
    (
        "token device",
        &[
            "latchkey token device --scope 'WMS_NCIP refresh_token' --institution 128807",
            "latchkey token device --scope WMS_NCIP --json",
        ],
    ),
    (
        "token redeem",
        &["latchkey token redeem auth_CODE --redirect-uri https://app.example/callback --institution 128807"],
    ),
    ("token refresh", &["latchkey token refresh rt_TOKEN", "latchkey token refresh - < token.txt"]),
    ("token introspect", &["latchkey token introspect tk_TOKEN", "latchkey token introspect - < token.txt"]),
    ("token revoke", &["latchkey token revoke rt_TOKEN", "latchkey token revoke - < token.txt"]),
    (
        "token check",
        &[
            "latchkey token check --scope WMS_NCIP --institution 128807",
            "latchkey token check --scope 'WMS_NCIP refresh_token' --institution 128807 --json",
        ],
    ),
    ("token show", &["latchkey token show tk_TOKEN", "latchkey token show - < token.txt"]),
    (
        "explain",
        &["latchkey explain --url 'https://auth.example/oauth2/accessToken?grant_type=client_credentials' \
             --header 'Authorization: http://www.worldcat.org/wskey/v2/hmac/v1 ...'"],
    ),
    (
        "completions",
        &[
            "latchkey completions bash > ~/.local/share/bash-completion/completions/latchkey",
            "latchkey completions zsh > ~/.zfunc/_latchkey",
            "latchkey completions fish > ~/.config/fish/completions/latchkey.fish",
        ],
    ),
    ("man", &["latchkey man | man -l -", "latchkey man --output ~/.local/share/man/man1"]),
];

/// Adds the examples to the help of a command and of those below it.
pub(super) fn shown(command: Command) -> Command {
    below(command, "")
}

fn below(command: Command, path: &str) -> Command {
    let names: Vec<_> = command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    let command = scans::told(command, path);
    let command = match of(path) {
        Some(lines) => command.after_help(format!("Examples:\n  {}", lines.join("\n  "))),
        None => command,
    };
    names.into_iter().fold(command, |command, name| {
        let path = format!("{path} {name}");
        command.mut_subcommand(name, |command| below(command, path.trim()))
    })
}

fn of(path: &str) -> Option<&'static [&'static str]> {
    EXAMPLES.iter().find(|(known, _)| *known == path).map(|(_, lines)| *lines)
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// The commands that have none below them.
    fn leaves(command: &Command, path: &str) -> Vec<String> {
        let below: Vec<_> = command.get_subcommands().collect();
        if below.is_empty() {
            return vec![path.to_owned()];
        }
        below.iter().flat_map(|below| leaves(below, format!("{path} {}", below.get_name()).trim())).collect()
    }

    /// As a shell splits a line, up to a redirection.
    fn words(line: &str) -> Vec<String> {
        let mut words = Vec::new();
        for (index, part) in line.split('\'').enumerate() {
            match index % 2 {
                0 => words.extend(part.split_whitespace().map(str::to_owned)),
                _ => words.push(part.to_owned()),
            }
        }
        let end = words.iter().position(|word| ["<", ">", "|"].contains(&word.as_str()));
        words.truncate(end.unwrap_or(words.len()));
        // It would be read from the standard input of the test.
        words.into_iter().map(|word| if word == "-" { "x".to_owned() } else { word }).collect()
    }

    #[test]
    fn every_command_has_examples_and_each_of_them_parses() {
        let command = crate::cli::Cli::command();
        let leaves = leaves(&command, "");
        for leaf in &leaves {
            assert!(of(leaf).is_some_and(|lines| !lines.is_empty()), "{leaf} has no examples in cli/examples.rs");
        }
        for (path, lines) in EXAMPLES {
            assert!(path.is_empty() || leaves.contains(&(*path).to_owned()), "{path} is no command");
            for line in *lines {
                let mut words = words(line);
                assert_eq!(words.remove(0), "latchkey", "{line}");
                assert!(words.join(" ").starts_with(path), "{line}: is an example of another command");
                // The environment names the client.
                let leaf =
                    path.split(' ').fold(&command, |command, name| command.find_subcommand(name).unwrap_or(command));
                for option in ["client-id", "secret"] {
                    let asks = |argument: &clap::Arg| argument.get_long() == Some(option) && argument.is_required_set();
                    let option = format!("--{option}");
                    if leaf.get_arguments().any(asks) && !words.contains(&option) {
                        words.extend([option, "x".to_owned()]);
                    }
                }
                words.insert(0, "latchkey".to_owned());
                match crate::cli::Cli::command().try_get_matches_from(&words) {
                    Ok(_) => {}
                    Err(error) if error.kind() == clap::error::ErrorKind::DisplayHelp => {}
                    Err(error) => panic!("{line}: {error}"),
                }
            }
        }
    }
}
