//! The sealing key: a command seals only under the keys that sealed what is there, and a lost key has a way out.

use latchkey_oauth::secret::Keyring;

use crate::idp::provider::Provider;
use crate::place::{GET, Place};
use crate::running::Running;
use crate::users::typed;

const CREATE: [&str; 11] = [
    "client",
    "create",
    "--name",
    "A",
    "--grant-type",
    "client_credentials",
    "--scope",
    "WMS_NCIP",
    "--institution",
    "*",
    "--json",
];

impl Place {
    fn key_file(&self) -> std::path::PathBuf {
        self.folder.path().join(".latchkey/sealing.key")
    }

    fn key(&self) -> String {
        std::fs::read_to_string(self.key_file()).unwrap()
    }

    fn set_key(&self, text: &str) {
        std::fs::write(self.key_file(), text).unwrap();
    }

    fn restarted(self) -> Self {
        let Self { server, folder } = self;
        server.end("-TERM");
        Self { server: Running::start(folder.path(), &[]), folder }
    }
}

fn line(name: &str, byte: u8) -> String {
    Keyring::line(name, &[byte; 32]).to_string()
}

fn name_of(key: &str) -> &str {
    key.split_once(':').unwrap().0
}

#[test]
fn a_key_of_the_same_name_from_elsewhere_seals_nothing() {
    let place = Place::new();
    let client = place.create();
    let id = client["client_id"].as_str().unwrap();
    let key = place.key();
    let name = name_of(&key);
    place.set_key(&line(name, 7));
    let text = format!("the key 'clients/{name}' here is another one");
    place.admin(&CREATE).fails(&text);
    let import =
        [&["client", "import", "--client-id", "x", "--secret", "long enough secret"][..], &CREATE[2..]].concat();
    place.admin(&import).fails(&text);
    for overlap in ["0", "60"] {
        place.admin(&["client", "rotate-secret", id, "--overlap", overlap]).fails(&text);
    }
    place.admin(&["client", "reseal"]).fails(&text);
    place.client(&client, &GET).json();
    // With the right one all of it works; a new one in front of it does too.
    for (keys, secret) in [(key.clone(), "one"), (format!("{}{key}", line("next", 8)), "two")] {
        place.set_key(&keys);
        place.admin(&CREATE).json();
        place.admin(&["client", "rotate-secret", id, "--overlap", "0", "--name", secret, "--json"]).json();
    }
    // Of two keys each must open what it sealed.
    place.set_key(&format!("{}{}", line("next", 8), line(name, 7)));
    place.admin(&CREATE).fails(&text);
}

const SECRET: &str = "of-the-provider-4711";

/// Second factors and the secrets of providers, which the pages open.
#[test]
fn a_key_of_the_pages_of_the_same_name_from_elsewhere_seals_nothing() {
    let (place, provider) = (Place::new(), Provider::new());
    let totp = |what: &str, institution: &str, user: &str, more: &[&str]| {
        place.admin(&[&["user", "totp", what, "--institution", institution, user, "--json"], more].concat())
    };
    let set = |institution: &str, more: &[&str]| {
        let its = ["--issuer", &provider.url, "--client-id", "a", "--secret", "-", "--json"];
        typed(&place, &[&["institution", "idp", "set", institution][..], &its, more].concat(), SECRET)
    };
    let reseals =
        || [["user", "totp", "reseal"].as_slice(), &["institution", "idp", "reseal"]].map(|words| place.admin(words));
    for (institution, name) in [("128807", "alice"), ("91475", "bob"), ("91475", "carol")] {
        typed(&place, &["user", "add", "--institution", institution, name], "moss under the pier");
    }
    let key = place.key();
    let name = name_of(&key);
    let (right, wrong) = (|| place.set_key(&key), || place.set_key(&line(name, 7)));
    let another = format!("the key 'pages/{name}' here is another one than the key 'pages/{name}' that sealed");
    // Of the users of an institution: its second factors are looked at, and those of no other institution.
    totp("enrol", "128807", "demo", &[]).json();
    wrong();
    for refused in [totp("enrol", "128807", "alice", &[]), set("128807", &[])] {
        refused.fails(&another);
        refused.fails(
            "not even the second factor of user demo of institution 128807; use the keys that the functions have",
        );
        assert_eq!(refused.out, "");
    }
    let [factors, providers] = reseals();
    factors.fails(&another);
    assert_eq!(providers.code, 0, "there is no provider: {}", providers.err);
    // Nothing is sealed that could be looked at: nothing is proven, and nothing is refused.
    totp("enrol", "91475", "bob", &[]).json();
    totp("remove", "91475", "bob", &[]).json();
    // Of the providers, whosever they are.
    right();
    totp("enrol", "128807", "alice", &[]).json();
    set("128807", &[]).json();
    wrong();
    for refused in [totp("enrol", "91475", "bob", &[]), set("91475", &[])] {
        refused.fails(&another);
        refused.fails("not even that of the provider of institution 128807");
    }
    for refused in reseals() {
        refused.fails(&another);
        refused.fails(&format!("--lost-key pages/{name} leaves"));
    }
    // With the right one all of it works; a new one in front of it does too.
    for (keys, user) in [(key.clone(), "bob"), (format!("{}{key}", line("next", 8)), "carol")] {
        place.set_key(&keys);
        totp("enrol", "91475", user, &[]).json();
        set("91475", &["--namespace", "urn:demo:second"]).json();
        for done in reseals() {
            assert_eq!(done.code, 0, "{}", done.err);
        }
    }
    // A key of the new name from elsewhere; and one that is lost.
    place.set_key(&format!("{}{key}", line("next", 9)));
    totp("remove", "128807", "alice", &[]).json();
    for lost in [&[][..], &["--lost-key", name]] {
        totp("enrol", "128807", "alice", lost).fails("the key 'pages/next' here is another one");
    }
    totp("enrol", "128807", "alice", &["--lost-key", "next"]).json();
    totp("remove", "128807", "demo", &[]).json();
    totp("enrol", "128807", "demo", &[]).json();
    set("128807", &["--lost-key", "pages/next"]).json();
    let [factors, providers] = reseals();
    assert_eq!((factors.code, providers.code), (0, 0), "one opens: {}{}", factors.err, providers.err);
}

#[test]
fn every_state_folder_has_a_key_of_its_own_name_and_earlier_folders_keep_theirs() {
    let (one, other) = (Place::new(), Place::new());
    assert_ne!(name_of(&one.key()), name_of(&other.key()));
    assert!(name_of(&one.key()).starts_with("local-"));
    // As an earlier version made it.
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".latchkey")).unwrap();
    std::fs::write(folder.path().join(".latchkey/sealing.key"), line("local", 9)).unwrap();
    let place = Place { server: Running::start(folder.path(), &[]), folder };
    let client = place.create();
    let place = place.restarted();
    place.client(&client, &GET).json();
    assert_eq!(place.key(), line("local", 9));
    // To a name of its own: a new key in front, then sealed anew.
    place.set_key(&format!("{}{}", line("mine", 10), line("local", 9)));
    assert_eq!(place.admin(&["client", "reseal", "--json"]).json()["resealed"], 2);
    place.set_key(&line("mine", 10));
    place.restarted().client(&client, &GET).json();
}

#[test]
fn a_lost_key_hinders_what_its_secrets_are_needed_for_and_nothing_else() {
    let place = Place::new();
    let (one, two) = (place.create(), place.create());
    let (one_id, two_id) = (one["client_id"].as_str().unwrap(), two["client_id"].as_str().unwrap());
    let lost = place.key();
    let name = name_of(&lost);
    place.set_key(&line("next", 8));
    let text = format!("sealed under the key 'clients/{name}'");
    place.admin(&CREATE).fails(&text);
    place.admin(&["client", "rotate-secret", one_id, "--overlap", "0"]).fails(&text);
    place.admin(&CREATE).fails(&format!("--lost-key clients/{name}"));
    // Said by name, it works; another name does not help.
    place.admin(&[&CREATE[..], &["--lost-key", "other"]].concat()).fails(&text);
    place.admin(&[&CREATE[..], &["--lost-key", name]].concat()).json();
    for (id, more) in [(one_id, &["--lost-key", name][..]), (two_id, &["--lost-key", name]), ("demo", &[])] {
        // The last client of the lost key needs no option: with --overlap 0 its own secrets do not count.
        let rotate = ["client", "rotate-secret", id, "--overlap", "0", "--name", "anew", "--json"];
        place.admin(&[&rotate[..], more].concat()).json();
    }
    place.admin(&CREATE).json();
    assert_eq!(place.admin(&["client", "reseal", "--json"]).json()["failed"], 0);
    place.restarted().client(&one, &GET).fails("401");
}

#[test]
fn an_expired_secret_under_a_lost_key_does_not_count() {
    let place = Place::new();
    let client = place.create();
    let id = client["client_id"].as_str().unwrap();
    let old = place.key();
    place.set_key(&format!("{}{old}", line("next", 8)));
    let rotated = place.admin(&["client", "rotate-secret", id, "--overlap", "1", "--name", "second", "--json"]).json();
    place.admin(&["client", "rotate-secret", "demo", "--overlap", "0", "--name", "second", "--json"]).json();
    place.admin(&["client", "disable", id]);
    std::thread::sleep(std::time::Duration::from_secs(2));
    place.set_key(&line("next", 8));
    place.admin(&CREATE).json();
    place.admin(&["client", "rotate-secret", "demo", "--name", "another", "--json"]).json();
    let resealed = place.admin(&["client", "reseal", "--json"]).json();
    assert_eq!((&resealed["resealed"], &resealed["failed"]), (&0.into(), &0.into()));
    place.admin(&["client", "enable", id]);
    let mut key = client.clone();
    key["secret"] = rotated["secret"].clone();
    place.restarted().client(&key, &GET).json();
}

#[test]
fn a_reseal_goes_on_reports_each_secret_and_fails_at_the_end() {
    let place = Place::new();
    let (one, two) = (place.create(), place.create());
    let (one_id, two_id) = (one["client_id"].as_str().unwrap(), two["client_id"].as_str().unwrap());
    let old = place.key();
    let name = name_of(&old).to_owned();
    // One client's second secret is sealed under a key that is lost then; so is the demo client's only one.
    place.set_key(&format!("{}{old}", line("gone", 3)));
    let second = ["client", "rotate-secret", one_id, "--name", "second", "--json"];
    place.admin(&second).json();
    place.admin(&["client", "rotate-secret", "demo", "--overlap", "0", "--name", "only", "--json"]).json();
    place.set_key(&format!("{}{old}", line("next", 8)));
    let done = place.admin(&["client", "reseal", "--json"]);
    done.fails("2 of the secrets could not be sealed anew");
    let told: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!((&told["resealed"], &told["failed"]), (&2.into(), &2.into()));
    for (client, secret) in [(one_id, "second"), ("demo", "only")] {
        let text = format!("client {client}, secret '{secret}', sealed under the key 'clients/gone': no sealing key");
        assert!(done.err.contains(&text), "{}", done.err);
    }
    assert!(!done.err.contains(two_id), "{}", done.err);
    // Those that were not reported need the old key no more.
    place.set_key(&line("next", 8));
    let again = place.admin(&["client", "reseal", "--json", "--lost-key", "gone"]).json();
    assert_eq!((&again["resealed"], &again["failed"]), (&0.into(), &0.into()), "{name}");
    let place = place.restarted_without_demo();
    place.client(&two, &GET).json();
    place.client(&one, &GET).json();
}

impl Place {
    /// The demo client's secret does not open here, so the demo is given a new one first.
    fn restarted_without_demo(self) -> Self {
        let rotate = ["client", "rotate-secret", "demo", "--overlap", "0", "--lost-key", "gone", "--json"];
        self.admin(&rotate).json();
        self.restarted()
    }
}
