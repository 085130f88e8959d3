//! `latchkey client guide`: what an operator or a client developer pastes. That each text works is the stage `stock`.

use serde_json::Value;

use crate::place::{Done, Place, run};

const KIND: [&str; 14] = [
    "--grant-type",
    "client_credentials",
    "--grant-type",
    "authorization_code",
    "--grant-type",
    "refresh_token",
    "--scope",
    "WMS_NCIP",
    "--scope",
    "WMS_ACQ",
    "--institution",
    "128807",
    "--redirect-uri",
    "https://app.example/callback",
];

impl Place {
    fn registered(&self, id: &str, more: &[&str]) -> Value {
        let create = ["client", "create", "--client-id", id, "--name", "Reading \"lists\"", "--json"];
        self.admin(&[&create, &KIND[..], more].concat()).json()
    }

    fn guide(&self, id: &str, more: &[&str]) -> Done {
        self.admin(&[&["client", "guide", id], more].concat())
    }
}

#[test]
fn a_guide_has_what_the_registration_the_directory_and_the_deployment_say_and_no_secret() {
    let place = Place::new();
    let key = place.registered("reading", &["--auth-method", "client_secret_basic"]);
    place.admin(&["scope", "describe", "WMS_ACQ", "--name", "See and place orders", "--json"]).json();
    let guide = place.guide("reading", &["--for", "openid-client", "--url", "https://auth.example/"]);
    assert_eq!((guide.code, guide.err.as_str()), (0, ""));
    for part in [
        "// Client: \"Reading \"lists\"\" (id reading), by client_secret_basic",
        "//   WMS_ACQ (\"See and place orders\")",
        "new URL(\"https://auth.example\"),",
        "client.ClientSecretBasic(process.env.LATCHKEY_SECRET)",
        "redirect_uri: \"https://app.example/callback\"",
        "scope: \"WMS_NCIP WMS_ACQ refresh_token\"",
        "clientCredentialsGrant(config, { scope: \"WMS_NCIP WMS_ACQ\" })",
    ] {
        assert!(guide.out.contains(part), "{part}: {}", guide.out);
    }
    assert!(!guide.out.contains(key["secret"].as_str().unwrap()), "{}", guide.out);
    // The text is all of standard output: it goes into a file as it is.
    assert!(guide.out.starts_with("// For openid-client: npm install openid-client\n") && guide.out.ends_with(";\n"));
    let here = place.guide("reading", &["--for", "curl"]);
    assert!(here.out.contains("'http://127.0.0.1:8080'"), "{}", here.out);
    place.guide("reading", &["--for", "curl", "--url", "http://auth.example"]).fails("must begin with https://");
    place.guide("reading", &["--for", "curl", "--json"]).fails("cannot be used with");
    place.guide("reading", &["--for", "fetch"]).fails("openid-client");
    place.guide("nobody", &["--for", "curl"]).fails("no client has the id nobody");
    place.admin(&["client", "disable", "reading", "--json"]).json();
    let disabled = place.guide("reading", &["--for", "curl"]);
    assert!(disabled.code == 0 && disabled.err.contains("warning: the client is disabled"), "{}", disabled.err);
}

#[test]
fn without_a_library_the_command_lists_those_that_fit_first_and_why_the_others_do_not() {
    let place = Place::new();
    place.registered("reading", &["--auth-method", "client_secret_post"]);
    let rows = place.guide("reading", &["--json"]).json();
    let rows = rows.as_array().unwrap();
    let fits = |row: &Value| row["auth_method"] == "client_secret_post" && row["reason"].is_null();
    let fitting: Vec<_> = rows.iter().take_while(|row| fits(row)).map(|row| row["library"].as_str().unwrap()).collect();
    assert!(fitting.contains(&"passport-oauth2") && fitting.contains(&"authlib"), "{fitting:?}");
    for row in &rows[fitting.len()..] {
        assert!(row["auth_method"].is_null() && row["reason"].as_str().unwrap().contains("run latchkey client update"));
    }
    let list = place.guide("reading", &[]);
    assert!(list.out.find("passport-oauth2").unwrap() < list.out.find("client-oauth2  ").unwrap(), "{}", list.out);
    assert!(list.out.contains("run latchkey client update reading --add-auth-method wskey"), "{}", list.out);
}

#[test]
fn a_refusal_names_the_command_that_changes_the_registration_and_the_command_does() {
    let place = Place::new();
    place.registered("reading", &[]);
    let ask = ["--for", "client-oauth2"];
    let refused = place.guide("reading", &ask);
    refused.fails(
        "client-oauth2 authenticates by client_secret_basic, and the client is registered for wskey; to change that, run",
    );
    let words = refused.err.trim().split("run latchkey ").nth(1).unwrap().to_owned();
    let words: Vec<_> = words.split(' ').chain(["--json"]).collect();
    place.admin(&words).json();
    assert_eq!(place.guide("reading", &ask).code, 0);
    // As does a client that signs, for the library that does.
    let signs = place.guide("reading", &["--for", "oclc-wskey"]);
    assert!(signs.out.contains("contextInstitutionId: \"128807\""), "{}", signs.out);
    let arguments = [
        "client",
        "guide",
        "reading",
        "--for",
        "oclc-wskey",
        "--local",
        "--dynamodb-port",
        &place.server.dynamodb_port,
    ];
    let other = run(place.folder.path(), &[("LATCHKEY_SIGNATURE_HOST", "auth.example")], &arguments);
    other.fails("oclc-wskey signs for www.oclc.org, and clients of this deployment sign for another");
}

#[test]
fn a_client_that_only_introspects_is_told_all_that_it_lacks_to_get_tokens() {
    let place = Place::new();
    let create = ["client", "create", "--client-id", "api", "--name", "Shelves", "--introspects", "WMS_NCIP"];
    place.admin(&[&create[..], &["--auth-method", "client_secret_basic", "--json"]].concat()).json();
    for (library, advised) in [
        ("client-oauth2", "--add-grant-type client_credentials --add-scope SCOPE --add-institution ID"),
        // What the first command changed is not advised again.
        ("httpx-oauth", "--add-grant-type authorization_code --add-redirect-uri URI"),
    ] {
        let refused = place.guide("api", &["--for", library]);
        refused.fails(advised);
        let command = refused.err.trim().split("run latchkey ").nth(1).unwrap();
        assert!(command.ends_with(advised), "{command}");
        let values = [("SCOPE", "WMS_NCIP"), ("ID", "128807"), ("URI", "https://app.example/callback")];
        let value = |word| values.iter().find(|(name, _)| *name == word).map_or(word, |(_, value)| *value);
        let words: Vec<_> = command.split(' ').map(value).chain(["--json"]).collect();
        place.admin(&words).json();
        assert_eq!(place.guide("api", &["--for", library]).code, 0);
    }
}

#[test]
fn an_institution_is_chosen_where_the_registration_has_several_and_nowhere_else() {
    let place = Place::new();
    place.registered("one", &["--auth-method", "client_secret_basic"]);
    place.registered("two", &["--auth-method", "client_secret_basic", "--institution", "91475"]);
    place.registered("all", &["--auth-method", "client_secret_basic", "--institution", "*"]);
    let ask = |id: &str, more: &[&str]| place.guide(id, &[&["--for", "authlib"], more].concat());
    assert!(!ask("one", &[]).out.contains("context:"));
    ask("two", &[]).fails("the client may act for 128807, 91475: choose one with --institution");
    ask("all", &[]).fails("every institution: choose one with --institution");
    assert!(ask("two", &["--institution", "91475"]).out.contains("scope=\"WMS_NCIP WMS_ACQ context:91475\""));
    ask("two", &["--institution", "5"]).fails("the client may not act for 5; it is registered for 128807, 91475");
    place
        .guide("two", &["--for", "httpx-oauth", "--institution", "91475"])
        .fails("names no institution in this client's");
    place.guide("two", &["--institution", "91475"]).fails("--for");
}

#[test]
fn a_deployment_is_named_by_its_url_or_its_issuer() {
    let place = Place::new();
    place.registered("reading", &["--auth-method", "client_secret_basic"]);
    let ask = |environment: &[(&str, &str)]| {
        let local = ["--local", "--dynamodb-port", &place.server.dynamodb_port];
        run(place.folder.path(), environment, &[&["client", "guide", "reading", "--for", "curl"][..], &local].concat())
    };
    for name in ["LATCHKEY_URL", "LATCHKEY_ISSUER"] {
        let text = ask(&[(name, "https://auth.example")]).out;
        assert!(text.contains("'https://auth.example'"), "{name}: {text}");
    }
    let both = ask(&[("LATCHKEY_URL", "https://cdn.example"), ("LATCHKEY_ISSUER", "https://auth.example")]).out;
    assert!(both.contains("'https://auth.example'") && !both.contains("cdn.example"), "{both}");
    run(place.folder.path(), &[], &["client", "guide", "reading", "--for", "curl"])
        .fails("the address of the service is missing: use --url, or set LATCHKEY_URL or LATCHKEY_ISSUER");
}

#[test]
fn a_client_of_the_device_grant_alone_is_told_how_a_library_gets_tokens_by_it() {
    let place = Place::new();
    let device = ["--grant-type", "urn:ietf:params:oauth:grant-type:device_code", "--grant-type", "refresh_token"];
    let create = ["client", "create", "--client-id", "terminal", "--name", "Terminal", "--json"];
    let kind = ["--auth-method", "client_secret_basic", "--scope", "WMS_NCIP", "--institution", "128807"];
    place.admin(&[&create[..], &kind, &device].concat()).json();
    let guide = place.guide("terminal", &["--for", "curl"]);
    assert_eq!((guide.code, guide.err.as_str()), (0, ""));
    for part in [
        "# On a device without a browser, a user allows the request in any browser, by a code. latchkey token device does",
        "begin_device() { post /oauth2/device_authorization 'scope=WMS_NCIP refresh_token'; }",
        "end_device()",
        "refresh()",
    ] {
        assert!(guide.out.contains(part), "{part}: {}", guide.out);
    }
    place
        .guide("terminal", &["--for", "go-oauth2"])
        .fails("registered for urn:ietf:params:oauth:grant-type:device_code");
}

#[test]
fn a_guide_is_for_the_key_that_key_names_and_names_the_others() {
    let place = Place::new();
    let set = latchkey_testkit::root().join("tests/jose/public.json");
    let by_key = ["--auth-method", "private_key_jwt", "--jwks", set.to_str().unwrap()];
    place.registered("asserts", &by_key);
    let first = place.guide("asserts", &["--for", "openid-client"]);
    let names = ["rsa", "p256", "ed25519"];
    for kid in names {
        let text = place.guide("asserts", &["--for", "openid-client", "--key", kid]).out;
        assert!(text.contains(&format!("kid: \"{kid}\" }}")), "{text}");
        let others = text.lines().find(|line| line.contains("Other keys of the registration, which --key names: "));
        let others = others.unwrap();
        assert!(names.iter().all(|name| others.contains(&format!("{name} (")) == (*name != kid)), "{others}");
    }
    let named = place.guide("asserts", &["--for", "openid-client", "--key", names[0]]);
    assert!(first.code == 0 && first.out == named.out, "the first key is the default: {}", first.out);
    place.guide("asserts", &["--for", "openid-client", "--key", "2020"]).fails("the client has no key 2020");
    place.registered("sends", &["--auth-method", "client_secret_basic"]);
    place.guide("sends", &["--for", "curl", "--key", "rsa"]).fails("--key is for private_key_jwt");
    place.guide("sends", &["--key", "rsa"]).fails("--for");
}

/// A program in the place of curl writes its arguments and its standard input.
#[cfg(unix)]
#[test]
fn the_guide_of_curl_gives_no_secret_and_no_token_to_the_arguments_of_a_program() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let folder = place.folder.path();
    let curl = folder.join("curl");
    std::fs::write(&curl, "#!/bin/sh\necho \"$@\" >>arguments\ncat >>input\n").unwrap();
    std::fs::set_permissions(&curl, std::fs::Permissions::from_mode(0o700)).unwrap();
    for method in ["client_secret_basic", "client_secret_post"] {
        place.registered(method, &["--auth-method", method, "--introspects", "WMS_NCIP"]);
        std::fs::write(folder.join("guide.sh"), place.guide(method, &["--for", "curl"]).out).unwrap();
        let steps = ". ./guide.sh; own; end auth_x veri_x; refresh rt_x; introspect tk_x; revoke tk_y";
        let mut bash = std::process::Command::new("bash");
        bash.current_dir(folder).args(["-c", steps]).env("LATCHKEY_SECRET", "se\"cr\\et$x");
        bash.env("PATH", format!("{}:/usr/bin:/bin", folder.display()));
        let done = Done::of(bash.output().unwrap());
        assert_eq!((done.code, done.err.as_str()), (0, ""));
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        let (arguments, input) = (read("arguments"), read("input"));
        for hidden in ["se\"cr", "auth_x", "veri_x", "rt_x", "tk_x", "tk_y"] {
            assert!(!arguments.contains(hidden), "{hidden}: {arguments}");
        }
        assert_eq!(input.matches("se\\\"cr\\\\et$x\"\n").count(), 5, "{input}");
        for sent in ["code=auth_x", "code_verifier=veri_x", "refresh_token=rt_x", "token=tk_x", "token=tk_y"] {
            assert!(input.contains(&format!("data-urlencode = \"{sent}\"\n")), "{sent}: {input}");
        }
        std::fs::remove_file(folder.join("input")).unwrap();
    }
}

#[test]
fn a_client_without_the_secret_that_its_method_needs_is_warned_of_wherever_it_shows() {
    let place = Place::new();
    let page = ["--auth-method", "none", "--grant-type", "authorization_code", "--scope", "WMS_NCIP"];
    let page = [&page[..], &["--institution", "128807", "--redirect-uri", "https://app.example/callback"]].concat();
    place.admin(&[&["client", "create", "--client-id", "page", "--name", "P", "--json"][..], &page].concat()).json();
    let told = "it has no secret: run latchkey client rotate-secret page";
    assert!(!place.shown("page")["warnings"].to_string().contains("no secret"));
    let back = place.admin(&["client", "update", "page", "--auth-method", "client_secret_post", "--json"]);
    assert!(back.err.contains(told) && back.json()["warnings"].to_string().contains(told), "{}", back.err);
    assert!(place.shown("page")["warnings"].to_string().contains(told));
    assert!(!place.admin(&["client", "update", "page", "--name", "Q"]).err.contains(told), "it is said once");
    let guide = place.guide("page", &["--for", "curl"]);
    assert!(
        guide.out.contains("# The client has no secret yet: run latchkey client rotate-secret page,"),
        "{}",
        guide.out
    );
    assert!(guide.err.contains("run latchkey client rotate-secret page"), "{}", guide.err);
    place.admin(&["client", "rotate-secret", "page", "--json"]).json();
    assert_eq!(place.shown("page")["warnings"].to_string(), "[]");
    assert_eq!(place.guide("page", &["--for", "curl"]).err, "");
}
