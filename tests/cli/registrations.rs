//! Registrations: what can never work is refused, what is odd is warned of, single values change, and lists can be read.

use serde_json::{Value, json};

use crate::idp::provider::Provider;
use crate::place::{Done, GET, Place};
use crate::users::typed;

const CREATE: [&str; 6] = ["client", "create", "--json", "--name", "App", "--grant-type"];

#[test]
fn a_registration_that_can_never_work_is_refused() {
    let place = Place::new();
    let all = ["--scope", "WMS_NCIP", "--institution", "128807"];
    for (grant_types, reason) in [
        (&["authorization_code"][..], "--redirect-uri is missing: the grant type authorization_code sends"),
        (
            &["client_credentials", "--grant-type", "implicit"],
            "--redirect-uri is missing: the grant type implicit sends",
        ),
        (&["refresh_token"], "could not get its first refresh token"),
    ] {
        place.admin(&[&CREATE[..], grant_types, &all].concat()).fails(reason);
    }
    let key = place.create();
    let update =
        |more: &[&str]| place.admin(&[&["client", "update", key["client_id"].as_str().unwrap()], more].concat());
    update(&["--remove-redirect-uri", "https://app.example/callback"]).fails("--redirect-uri is missing");
    update(&["--remove-scope", "WMS_NCIP"]).fails("--scope is missing");
    update(&["--remove-institution", "128807"]).fails("latchkey client disable");
    let none = update(&["--json", "--remove-grant-type", "authorization_code", "--clear", "redirect-uri"]).json();
    assert_eq!(none["redirect_uris"], json!([]));
    // The operator took nothing away, so nothing is to be stopped.
    let lacks = |refused: Done, reason: &str| {
        refused.fails(reason);
        assert!(!refused.err.contains("client disable"), "{}", refused.err);
    };
    lacks(update(&["--add-grant-type", "authorization_code"]), "--redirect-uri is missing");
    lacks(update(&["--auth-method", "private_key_jwt"]), "--jwks is missing");
    let owner = ["client", "create", "--client-id", "owner", "--name", "API", "--introspects", "OTHER"];
    assert_eq!(place.admin(&owner).code, 0);
    let update = |more: &[&str]| place.admin(&[&["client", "update", "owner"], more].concat());
    lacks(update(&["--add-grant-type", "client_credentials"]), "--scope is missing");
    lacks(update(&["--add-grant-type", "client_credentials", "--scope", "A"]), "--institution is missing");
    update(&["--clear", "introspects"]).fails("latchkey client disable owner");
}

#[test]
fn an_unknown_institution_or_scope_is_warned_of_and_taken() {
    let place = Place::new();
    let create = |scope, institution| {
        place.admin(&[&CREATE[..], &["client_credentials", "--scope", scope, "--institution", institution]].concat())
    };
    for (scope, institution, warnings) in [
        ("WMS_NCIP", "128807", &[][..]),
        ("WMS_NCIP", "*", &[]),
        ("WMS_NICP", "128807", &["no description has the scope WMS_NICP"]),
        ("WMS_NCIP", "128808", &["no institution has the id 128808"]),
        ("a", "1", &["no institution has the id 1:", "no description has the scope a:"]),
    ] {
        let done = create(scope, institution);
        assert_eq!(done.err.matches("warning").count(), warnings.len(), "{}", done.err);
        assert!(warnings.iter().all(|warning| done.err.contains(warning)), "{}", done.err);
        let id = done.json()["client_id"].as_str().unwrap().to_owned();
        let later = place.admin(&["client", "update", &id, "--name", "Other", "--json"]);
        assert!(later.code == 0 && !later.err.contains("warning"), "what was there is not told again: {}", later.err);
    }
    let owner = place.admin(&["client", "create", "--name", "API", "--introspects", "OTHER", "--json"]);
    assert!(owner.err.contains("no description has the scope OTHER"), "{}", owner.err);
}

#[test]
fn single_values_are_added_and_removed_and_what_went_is_printed() {
    let place = Place::new();
    let key = place.create();
    let id = key["client_id"].as_str().unwrap();
    let update = |more: &[&str]| place.admin(&[&["client", "update", id, "--json"], more].concat());
    let (old, new) = ("https://app.example/callback", "https://app.example/new");
    let added = update(&["--add-redirect-uri", new, "--add-redirect-uri", old]);
    assert_eq!(added.json()["redirect_uris"], json!([old, new]));
    assert!(!added.err.contains("removed"), "{}", added.err);
    let removed = update(&["--remove-redirect-uri", old]);
    assert_eq!(removed.json()["redirect_uris"], json!([new]));
    assert!(removed.err.contains(&format!("removed redirect URI {old}")), "{}", removed.err);
    let replaced = update(&["--redirect-uri", old, "--redirect-uri", old]);
    assert_eq!(replaced.json()["redirect_uris"], json!([old]), "a value that is given twice is there once");
    assert!(replaced.err.contains(&format!("removed redirect URI {new}")), "{}", replaced.err);
    let many = update(&[
        "--add-scope",
        "WMS_ACQ",
        "--remove-scope",
        "WMS_NCIP",
        "--add-institution",
        "91475",
        "--remove-institution",
        "128807",
        "--add-introspects",
        "*",
        "--remove-grant-type",
        "refresh_token",
    ]);
    let view = many.json();
    assert_eq!((&view["scopes"], &view["institutions"]), (&json!(["WMS_ACQ"]), &json!(["91475"])));
    assert_eq!(view["grant_types"], json!(["client_credentials", "authorization_code"]));
    assert_eq!(view["introspects"], json!(["*"]));
    for went in ["scope WMS_NCIP", "institution 128807", "grant type refresh_token"] {
        assert!(many.err.contains(&format!("removed {went}\n")), "{}", many.err);
    }
    assert!(update(&["--clear", "introspects"]).err.contains("removed scope to introspect *"));
    update(&["--remove-scope", "WMS_NCIP"]).fails("--remove-scope: the client does not have WMS_NCIP; it has WMS_ACQ");
    update(&["--remove-introspects", "X"]).fails("it has none");
    update(&["--redirect-uri", new, "--add-redirect-uri", old]).fails("cannot be used with");
    update(&["--add-redirect-uri", "http://app.example/"]).fails("loopback");
}

impl Place {
    fn import(&self, id: &str, secret: &str, more: &[&str]) -> Done {
        let import =
            ["client", "import", "--client-id", id, "--name", id, "--grant-type", "client_credentials", "--json"];
        let what = ["--scope", "WMS_NCIP", "--institution", "*"];
        let mut command = self.command(&[&import[..], &what, more].concat());
        Done::of(command.env("LATCHKEY_SECRET", secret).output().unwrap())
    }
}

#[test]
fn a_secret_may_be_as_long_as_its_methods_and_the_database_carry() {
    let place = Place::new();
    let mut import = place.command(&["client", "import", "--client-id", "long", "--name", "L", "--secret", "-"]);
    let file = place.folder.path().join("secret");
    std::fs::write(&file, "0123456789abcdef".repeat(200_000)).unwrap();
    let done = Done::of(import.stdin(std::fs::File::open(&file).unwrap()).output().unwrap());
    done.fails("the secret has 3200000 bytes, and DynamoDB keeps at most 409600 bytes of a client");
    // A signature and a form carry what the header of Basic does not.
    let methods = |methods: &[&'static str]| -> Vec<&str> {
        methods.iter().flat_map(|method| ["--auth-method", method]).collect()
    };
    let (basic, long) = ("client_secret_basic", "02468ace13579bdf".repeat(200));
    let refused = place.import("basic", &long, &methods(&[basic]));
    refused.fails("client_secret_basic sends it in a header of at most 4096 bytes");
    refused.fails("at most 3060 bytes");
    for (id, kinds) in [("w", &["wskey"][..]), ("j", &["client_secret_jwt"]), ("p", &[basic, "client_secret_post"])] {
        assert_eq!(place.import(id, &long, &methods(kinds)).code, 0, "{kinds:?}");
        let key = json!({ "client_id": id, "secret": long });
        let method = ["--auth-method", kinds.last().unwrap()];
        let got = place
            .client(&key, &[&["token", "get", "--scope", "WMS_NCIP", "--institution", "128807"], &method[..]].concat());
        assert_eq!(got.code, 0, "{kinds:?}: {}", got.err);
    }
    // What neither a header nor a form carries is no secret of a client that only sends it.
    let (post, endless) = ("client_secret_post", "02468ace13579bdf".repeat(600));
    for kinds in [&[basic][..], &[post], &[basic, post]] {
        let refused = place.import("endless", &endless, &methods(kinds));
        for told in
            ["in a header of at most 4096 bytes", "in a form of at most 8192 bytes", "give the client a new secret"]
        {
            refused.fails(told);
        }
        assert!(!refused.err.contains("add --auth-method"), "{}", refused.err);
    }
    // One that a form would carry only without its encoding.
    let odd = "02468/+=".repeat(340);
    let refused = place.import("odd", &odd, &methods(&[post]));
    refused.fails(
        "at most 4096 bytes of the encoded secret, and this one has 4760; add --auth-method client_secret_basic",
    );
    assert_eq!(place.import("odd", &odd, &methods(&[post, basic])).code, 0);
    // The longest of each is good.
    let longest_of_form = &endless[..4096];
    place.import("post", &endless[..4097], &methods(&[post])).fails("and this one has 4097");
    assert_eq!(place.import("post", longest_of_form, &methods(&[post])).code, 0);
    let key = json!({ "client_id": "post", "secret": longest_of_form });
    let got =
        place.client(&key, &["token", "get", "--scope", "WMS_NCIP", "--institution", "128807", "--auth-method", post]);
    assert_eq!(got.code, 0, "{}", got.err);
    let longest = &long[..3060];
    assert_eq!(place.import("basic", longest, &methods(&[basic])).code, 0);
    let key = json!({ "client_id": "basic", "secret": longest });
    let got =
        place.client(&key, &["token", "get", "--scope", "WMS_NCIP", "--institution", "128807", "--auth-method", basic]);
    assert_eq!(got.code, 0, "{}", got.err);
}

#[test]
fn a_weak_secret_is_refused_unless_asked_for_and_is_marked() {
    let place = Place::new();
    for (secret, reason) in [
        ("a", "fewer than 16 characters"),
        ("secret", "fewer than 16 characters"),
        ("secretsecretsecretsecret", "fewer than 8 different"),
        ("weak-client-12345", "the client id"),
        ("abcdefghijklmnopqrst", "follow one another"),
    ] {
        let refused = place.import("weak-client-12345", secret, &[]);
        refused.fails(reason);
        refused.fails("--allow-weak-secret");
        assert!(secret.len() < 10 || !refused.err.contains(secret), "{}", refused.err);
    }
    let done = place.import("weak", "secret", &["--allow-weak-secret"]);
    assert!(done.json()["secrets"][0].as_str().unwrap().starts_with("weak 2"), "{}", done.out);
    let key = json!({ "client_id": "weak", "secret": "secret" });
    assert_eq!(place.client(&key, &GET).code, 1, "it has no refresh_token");
    let get = ["token", "get", "--json", "--scope", "WMS_NCIP", "--institution", "128807"];
    place.client(&key, &get).json();
    let list = place.admin(&["client", "list"]);
    assert!(list.out.contains("weak (1 warning)"), "{}", list.out);
    let shown = place.admin(&["client", "show", "weak", "--json"]).json();
    assert!(shown["warnings"][0].as_str().unwrap().contains("is weak; rotate it"), "{shown}");
    let strong = place.import("strong", "UYnwZbmvf3fAXCEa0JryLQ==", &[]);
    assert!(!strong.err.contains("weak") && strong.json()["warnings"] == json!([]), "{}", strong.err);
}

#[test]
fn an_import_warns_if_what_the_client_signs_is_good_at_another_service_too() {
    let place = Place::new();
    let import = |id: &str, host: &str| {
        let what = ["--grant-type", "client_credentials", "--scope", "WMS_NCIP", "--institution", "128807"];
        let import = ["client", "import", "--client-id", id, "--name", id, "--json"];
        let mut command = place.command(&[&import[..], &what].concat());
        command.env("LATCHKEY_SECRET", "UYnwZbmvf3fAXCEa0JryLQ==").env("LATCHKEY_SIGNATURE_HOST", host);
        Done::of(command.output().unwrap())
    };
    for (id, host, warned) in [("shared", "", true), ("named", "www.oclc.org", true), ("own", "id.example.org", false)]
    {
        let done = import(id, host);
        assert_eq!(done.json()["client_id"], id);
        assert_eq!(done.err.contains("is good at each of them that has its secret"), warned, "{}", done.err);
        assert_eq!(done.err.contains(&format!("rotate-secret {id}")), warned, "{}", done.err);
    }
    // A secret that the service made is known nowhere else.
    assert!(
        !place
            .admin(&[&CREATE[..], &["client_credentials", "--scope", "WMS_NCIP", "--institution", "128807"]].concat())
            .err
            .contains("good at each")
    );
}

#[test]
fn what_was_added_to_a_secret_is_warned_of_and_listed() {
    let place = Place::new();
    let secret = "UYnwZbmvf3fAXCEa0JryLQ==";
    for (id, secret, warning) in [
        ("blank", format!("{secret} "), "a blank at an end"),
        ("mark", format!("\u{FEFF}{secret}"), "a byte order mark (BOM) at an end"),
        ("quotes", format!("\"{secret}\""), "quotation marks around it"),
    ] {
        let done = place.import(id, &secret, &[]);
        assert!(done.code == 0 && done.err.contains(warning), "{}", done.err);
        assert!(!done.err.contains("UYnw") && !done.out.contains("UYnw"), "{}", done.err);
    }
    place.import("line", &format!("{secret}\r\n"), &[]).fails("a line end at an end, which a file or a shell added");
    let warnings = |more: &[&str]| -> Vec<(String, Value)> {
        let list = place.admin(&[&["client", "list", "--json"], more].concat()).json();
        let clients = list.as_array().unwrap().iter();
        clients.map(|client| (client["client_id"].as_str().unwrap().to_owned(), client["warnings"].clone())).collect()
    };
    assert!(warnings(&[]).iter().all(|(_, warnings)| *warnings == json!([])));
    let checked = warnings(&["--check-secrets"]);
    for (id, warning) in
        [("blank", "has a blank"), ("mark", "has a byte order mark"), ("quotes", "has quotation marks")]
    {
        let (_, found) = checked.iter().find(|(known, _)| known == id).unwrap();
        assert!(found[0].as_str().unwrap().contains(warning), "{found}");
    }
    assert!(checked.iter().any(|(id, warnings)| id == "demo" && *warnings == json!([])));
}

#[test]
fn lists_are_by_name_and_fit_a_screen() {
    let place = Place::new();
    for name in ["Zeitschriften", "Österreichischer Katalog mit einem langen Namen", "apple", "Łódź"] {
        let more = ["client_credentials", "--scope", "WMS_NCIP", "--institution", "*"];
        let mut create = [&CREATE[..], &more].concat();
        create[4] = name;
        let key = place.admin(&create).json();
        place.client(&key, &["token", "get", "--scope", "WMS_NCIP", "--institution", "128807"]);
    }
    let list = place.admin(&["client", "list", "--json"]).json();
    let names: Vec<_> = list.as_array().unwrap().iter().map(|client| client["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "apple",
            "Demo client of the local server",
            "Łódź",
            "Österreichischer Katalog mit einem langen Namen",
            "Zeitschriften"
        ]
    );
    place.admin(&["client", "disable", "demo"]);
    let provider = Provider::new();
    let set = ["institution", "idp", "set", "128807", "--issuer", &provider.url, "--client-id", "a", "--secret", "-"];
    assert_eq!(typed(&place, &set, "of-the-provider-4711").code, 0);
    for arguments in [
        &["client", "list"][..],
        &["audit", "list"],
        &["client", "guide", list[3]["client_id"].as_str().unwrap()],
        &["grant", "list"],
        &["user", "list", "--institution", "128807"],
        &["institution", "list"],
        &["scope", "list"],
    ] {
        let done = place.admin(arguments);
        // The rows; the guide has sentences below them.
        let rows = done.out.lines().filter(|line| line.starts_with(' '));
        let widest = rows.map(|line| line.chars().count()).max().unwrap();
        assert!(done.code == 0 && widest <= 100, "{arguments:?}: {widest}\n{}", done.out);
    }
    let table = place.admin(&["client", "list"]).out;
    let id = list[3]["client_id"].as_str().unwrap();
    assert!(table.trim_start().starts_with("name") && table.contains(id) && table.contains("(disabled)"), "{table}");
    let grants = place.admin(&["grant", "list", "--json"]).json();
    let table = place.admin(&["grant", "list"]).out;
    assert!(
        grants.as_array().unwrap().iter().all(|grant| table.contains(grant["grant_id"].as_str().unwrap())),
        "{table}"
    );
}
