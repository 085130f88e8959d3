//! The list of institutions: its order, and what a search finds.

use std::time::Duration;

use latchkey_dynamodb::store::Usage;
use latchkey_oauth::settings::Settings;
use latchkey_oauth::user::Institution;
use latchkey_testkit::device::DEVICE;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::visitor::{AUTHORIZE, PASSWORD, request};
use latchkey_testkit::world::{Choices, World};

const NAMES: [&str; 12] = [
    "Zentralbibliothek",
    "Österreichische Nationalbibliothek",
    "Łódź University Library",
    "İstanbul Üniversitesi",
    "Aarhus Bibliotek",
    "Branch 10",
    "Branch 2",
    "Branch 1",
    "Oxford Library",
    "Straßburg",
    "Queen’s College",
    "London Library",
];

/// A world whose directory has these institutions, in this order.
async fn world_of(names: &[&str]) -> (World, Signer) {
    let world = World::new().await;
    let mut usage = Usage::default();
    let mut directory = world.service.store.directory(&mut usage).await.unwrap();
    let institution = |(at, name): (usize, &&str)| Institution { id: format!("i{at}"), name: (*name).to_owned() };
    directory.institutions = names.iter().enumerate().map(institution).collect();
    assert!(world.service.store.change_directory(directory, &mut usage).await.unwrap().is_made());
    let client = world.client_with(|client| client.institutions = vec!["*".into()]).await;
    (world, client)
}

/// The names that a page shows, in its order.
async fn shown(world: &World, client: &Signer, find: &str) -> Vec<String> {
    let change = [("authenticatingInstitutionId", ""), ("contextInstitutionId", ""), ("find", find)];
    let page = world.visitor().ask(&request(client, &change)).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let rows = page.text.split("<label class=\"choice\">").skip(1);
    rows.map(|row| row.split("> ").nth(1).unwrap().split("</label>").next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_search_minds_neither_case_nor_accents_nor_the_form_of_a_quote() {
    let (world, client) = world_of(&NAMES).await;
    for (find, name) in [
        ("istanbul", "İstanbul Üniversitesi"),
        ("ISTANBUL UNIVERSITESI", "İstanbul Üniversitesi"),
        ("ıstanbul", "İstanbul Üniversitesi"),
        ("osterreich", "Österreichische Nationalbibliothek"),
        ("O\u{308}STERREICH", "Österreichische Nationalbibliothek"),
        ("lodz", "Łódź University Library"),
        ("łódź", "Łódź University Library"),
        ("STRASSBURG", "Straßburg"),
        ("queen's", "Queen’s College"),
        ("  branch   10 ", "Branch 10"),
    ] {
        assert_eq!(shown(&world, &client, find).await, [name], "{find}");
    }
    assert!(shown(&world, &client, "łodzi").await.is_empty());
}

/// By bytes, Ö and Ł come after Z, and 10 before 2.
#[tokio::test]
async fn the_list_is_in_the_order_of_readers() {
    let (world, client) = world_of(&NAMES).await;
    let expected = [
        "Aarhus Bibliotek",
        "Branch 1",
        "Branch 2",
        "Branch 10",
        "İstanbul Üniversitesi",
        "Łódź University Library",
        "London Library",
        "Österreichische Nationalbibliothek",
        "Oxford Library",
        "Queen’s College",
        "Straßburg",
        "Zentralbibliothek",
    ];
    assert_eq!(shown(&world, &client, "").await, expected);
}

#[tokio::test]
async fn the_forms_from_before_an_institution_was_removed_sign_no_user_in_and_allow_nothing() {
    let world = World::peopled().await;
    let (client, visitor, other) = (world.client().await, world.visitor(), world.visitor());
    let asked = request(&client, &[]);
    let allow = visitor.sign_in(&asked).await.form();
    let sign_in = other.ask(&asked).await.form();
    let begun = world.device(&client).await;
    let (owner, guest) = (world.visitor(), world.visitor());
    let allow_device = owner.sign_in_for_device(begun.member("user_code")).await.form();
    let at_device = guest.follow(&guest.type_code(begun.member("user_code")).await).await.form();
    let mut usage = Usage::default();
    let mut directory = world.service.store.directory(&mut usage).await.unwrap();
    directory.institutions.retain(|institution| institution.id != "128807");
    assert!(world.service.store.change_directory(directory, &mut usage).await.unwrap().is_made());
    let fields = [("form", sign_in.as_str()), ("username", "alice"), ("password", PASSWORD), ("action", "sign_in")];
    for (visitor, fields) in [(&other, &fields[..]), (&visitor, &[("form", &allow), ("action", "allow")])] {
        // As a new request is answered.
        visitor.ask(&asked).await.tells("invalid_request");
        let told = visitor.post(AUTHORIZE, fields).await;
        told.tells("invalid_request");
        let line = world.last_log();
        assert_eq!((&line["denial"], &line["write_units"]), (&"institution_unknown".into(), &0.0.into()), "{line}");
    }
    // A device has no address that its user could be led back to: the user is told.
    let fields = [("form", at_device.as_str()), ("username", "alice"), ("password", PASSWORD), ("action", "sign_in")];
    for (visitor, fields) in [(&guest, &fields[..]), (&owner, &[("form", &allow_device), ("action", "allow")])] {
        let told = visitor.post(DEVICE, fields).await;
        assert!(told.shows(400).text.contains("href=\"device\""), "{}", told.text);
        assert!(!told.headers.contains_key("location") && !told.text.contains("http-equiv"), "{}", told.text);
        let line = world.last_log();
        assert_eq!((&line["denial"], &line["write_units"]), (&"institution_unknown".into(), &0.0.into()), "{line}");
    }
    world.poll(&client, begun.member("device_code")).await.refuses(400, "authorization_pending");
    for visitor in [&other, &guest] {
        assert!(visitor.value("latchkey").is_none() && visitor.value("latchkey-devices").is_none());
    }
}

/// A world whose pages remember the directory for so many seconds, and its client.
async fn remembering(seconds: u64) -> (World, Signer) {
    let settings = Settings { directory_cache_seconds: seconds, ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    world.with_people().await;
    let client = world.client().await;
    (world, client)
}

/// Gives the institution of the users another name, as a command does.
async fn rename(world: &World) {
    let mut usage = Usage::default();
    let mut directory = world.service.store.directory(&mut usage).await.unwrap();
    let institution = directory.institutions.iter_mut().find(|institution| institution.id == "128807").unwrap();
    institution.name = "Renamed Library".to_owned();
    assert!(world.service.store.change_directory(directory, &mut usage).await.unwrap().is_made());
}

#[tokio::test]
async fn a_change_of_the_directory_is_on_the_next_page_except_where_the_pages_remember_it() {
    // Five minutes is the most; no test takes so long.
    for (seconds, shown, costs) in [
        (0, "Renamed Library", [(1, 3.0, 0.0), (2, 9.0, 8.0), (1, 4.0, 0.0), (2, 4.0, 2.0)]),
        (300, "First Library", [(1, 2.0, 0.0), (2, 8.0, 8.0), (1, 3.0, 0.0), (2, 3.0, 2.0)]),
    ] {
        let (world, client) = remembering(seconds).await;
        let (visitor, query) = (world.visitor(), request(&client, &[]));
        let spent = || {
            let line = world.last_log();
            let units = |name: &str| line[name].as_f64().unwrap();
            (line["round_trips"].as_u64().unwrap(), units("read_units"), units("write_units"))
        };
        assert!(visitor.ask(&query).await.text.contains("First Library"));
        rename(&world).await;
        let page = visitor.ask(&query).await;
        assert!(page.text.contains(shown), "{seconds}: {}", page.text);
        assert_eq!(spent(), costs[0], "{seconds}");
        let form = page.form();
        let fields = [("form", form.as_str()), ("username", "alice"), ("password", PASSWORD), ("action", "sign_in")];
        assert_eq!(visitor.post(AUTHORIZE, &fields).await.status, 303);
        assert_eq!(spent(), costs[1], "{seconds}");
        let form = visitor.ask(&query).await.form();
        assert_eq!(spent(), costs[2], "{seconds}");
        assert!(visitor.post(AUTHORIZE, &[("form", &form), ("action", "allow")]).await.given("code").is_some());
        assert_eq!(spent(), costs[3], "{seconds}");
    }
}

#[tokio::test]
async fn what_the_pages_remember_of_the_directory_is_forgotten_in_time() {
    let (world, client) = remembering(1).await;
    let (visitor, query) = (world.visitor(), request(&client, &[]));
    assert!(visitor.ask(&query).await.text.contains("First Library"));
    rename(&world).await;
    // By the clock of the machine.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert!(visitor.ask(&query).await.text.contains("Renamed Library"));
}
