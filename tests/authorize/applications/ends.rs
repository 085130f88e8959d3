//! Ends of many grants, and lists and ends of which a part fails or changes meanwhile.

use aws_sdk_dynamodb::types::AttributeValue;
use latchkey_dynamodb::aws;
use latchkey_dynamodb::random;
use latchkey_oauth::grant::Grant;
use latchkey_oauth::token::GrantId;
use latchkey_testkit::faults::Fault;

use super::*;

#[tokio::test]
async fn several_grants_of_an_application_end_together_and_others_stay() {
    let world = World::peopled().await;
    let (client, other) = (world.client().await, world.client().await);
    let mut tokens = Vec::new();
    for _ in 0..3 {
        tokens.push(allowed(&world, &client, "alice").await);
        world.advance(60);
    }
    let kept = allowed(&world, &other, "alice").await;
    let visitor = world.visitor();
    let page = sign_in(&visitor, "alice").await;
    assert_eq!(listed(&page), [other.id.as_str(), client.id.as_str()], "each once, the newest first");
    let page = end(&visitor, &page, &client).await;
    assert_eq!(world.last_log()["write_units"], 6.0, "one transaction: two units each");
    assert_eq!(listed(page.shows(200)), [other.id.as_str()]);
    for token in &tokens {
        assert!(!lives(&world, &client, token).await);
    }
    assert!(lives(&world, &other, &kept).await);
    let again = end(&visitor, &page, &client).await;
    assert!(words(again.shows(200)).contains("There was nothing to end"), "{}", again.text);
    assert_eq!((&world.last_log()["outcome"], &world.last_log()["write_units"]), (&"unchanged".into(), &0.0.into()));
}

#[tokio::test]
async fn a_user_with_hundreds_of_grants_gets_a_page_that_works_and_is_small() {
    let world = World::peopled().await;
    let often = world.client().await;
    let tokens = [allowed(&world, &often, "alice").await, allowed(&world, &often, "alice").await];
    let grant = world.grant_of(&world.code_of(&often, "alice").await).await.unwrap();
    for _ in 0..479 {
        let grant = Grant { id: GrantId::random(random().unwrap()), ..grant.clone() };
        world.service.store.begin_grant(&grant, &mut Usage::default()).await.unwrap();
    }
    let mut clients = Vec::new();
    for _ in 0..45 {
        world.advance(1);
        let client = world.client_with(|client| client.name = "A name that is rather long, as some are".into()).await;
        allowed(&world, &client, "alice").await;
        clients.insert(0, client.id);
    }
    let visitor = world.visitor();
    let page = sign_in(&visitor, "alice").await;
    assert!(page.text.len() < 20_000, "{}", page.text.len());
    assert_eq!(listed(page.shows(200)), clients[..20]);
    let told = "This list is made of the last 500 times";
    assert!(words(&page).contains(told), "{}", page.text);
    assert!(page.text.contains("href=\"applications?from=20\"") && !page.text.contains("allowed last"));
    let second = visitor.get(&format!("{APPLICATIONS}?from=20")).await;
    assert_eq!(listed(&second), clients[20..40]);
    let third = visitor.get(&format!("{APPLICATIONS}?from=40")).await;
    assert_eq!(listed(&third), [&clients[40..], std::slice::from_ref(&often.id)].concat());
    assert!(third.text.contains("Applications that you allowed last") && !third.text.contains("?from="));
    for odd in ["9999", "-1", "x", "99999999999999999999"] {
        assert_eq!(listed(&visitor.get(&format!("{APPLICATIONS}?from={odd}")).await), clients[..20], "{odd}");
    }
    // All of them, those too that no page reads.
    let (mut ended, mut written) = (false, 0.0);
    for _ in 0..10 {
        let page = end(&visitor, &third, &often).await;
        written += world.last_log()["write_units"].as_f64().unwrap();
        ended = words(&page).contains("can no longer use your account");
        if ended {
            break;
        }
        // A slow database takes so many in one request only in part.
        page.shows(503);
    }
    assert!(ended && written == 2.0 * 482.0, "{written}");
    for token in &tokens {
        assert!(!lives(&world, &often, token).await);
    }
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_ended_is_said_and_the_same_again_finishes() {
    let troubled = Troubled::new().await;
    let world = &troubled.world;
    world.with_people().await;
    let client = world.client().await;
    let mut tokens = Vec::new();
    for _ in 0..60 {
        tokens.push(allowed(world, &client, "alice").await);
    }
    let visitor = world.visitor();
    let page = sign_in(&visitor, "alice").await;
    // User (the application beside), index and grants are read, fifty end, and the rest cannot.
    let refused = Fault::Error(400, "AccessDeniedException");
    troubled.wire.script([Fault::Pass, Fault::Pass, Fault::Pass, Fault::Pass, refused]);
    let failed = end(&visitor, &page, &client).await;
    troubled.wire.heal();
    assert!(words(failed.shows(503)).contains("Not all access of the application could be ended."), "{}", failed.text);
    assert!(failed.text.contains("href=\"applications\"") && failed.headers["retry-after"] == "1", "{}", failed.text);
    let line = world.last_log();
    assert_eq!((line["outcome"].as_str(), line["denial"].as_str()), (Some("unavailable"), Some("database_refuses")));
    assert_eq!(line["client_id"], client.id.as_str(), "{line}");
    let page = visitor.get(APPLICATIONS).await;
    assert_eq!(listed(&page), [client.id.as_str()]);
    assert!(words(&end(&visitor, &page, &client).await).contains("can no longer use your account"));
    assert_eq!(world.last_log()["write_units"], 20.0, "those that were left");
    for token in &tokens {
        assert!(!lives(world, &client, token).await);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_allowed_while_it_ends_is_told_and_a_grant_that_goes_meanwhile_hinders_nothing() {
    let troubled = Troubled::new().await;
    let world = &troubled.world;
    world.with_people().await;
    let client = world.client().await;
    let code = world.code_of(&client, "alice").await;
    let collected = world.grant_of(&code).await.unwrap();
    let token = allowed(world, &client, "alice").await;
    let visitor = world.visitor();
    let page = sign_in(&visitor, "alice").await;
    troubled.wire.script([]);
    troubled.wire.meanwhile(3, troubled.collecting(&collected.id));
    assert!(words(&end(&visitor, &page, &client).await).contains("can no longer use your account"));
    troubled.wire.heal();
    assert!(!lives(world, &client, &token).await);

    let token = allowed(world, &client, "alice").await;
    let page = visitor.get(APPLICATIONS).await;
    let late = world.grant_of(&world.code_of(&client, "alice").await).await.unwrap();
    troubled.without_holder(&late).await;
    let (elsewhere, table) = (aws::dynamodb_at(troubled.engine), troubled.tables.tokens.clone());
    let holder = late.principal.as_ref().unwrap().holder();
    troubled.wire.script([]);
    troubled.wire.meanwhile(4, async move {
        let update = elsewhere.update_item().table_name(table).key("grant_id", AttributeValue::S(late.id.to_string()));
        let update = update.key("part", AttributeValue::S("grant".into())).update_expression("SET holder = :holder");
        update.expression_attribute_values(":holder", AttributeValue::B(holder.to_vec().into())).send().await.unwrap();
    });
    let page = end(&visitor, &page, &client).await;
    troubled.wire.heal();
    assert!(words(page.shows(200)).contains("still has access that was only now found"), "{}", page.text);
    assert!(!lives(world, &client, &token).await);
    assert!(words(&end(&visitor, &page, &client).await).contains("can no longer use your account"));
}

#[tokio::test]
async fn a_damaged_grant_is_not_shown_and_ends_with_its_application() {
    let troubled = Troubled::new().await;
    let world = &troubled.world;
    world.with_people().await;
    let client = world.client().await;
    let code = world.code_of(&client, "alice").await;
    let damaged = world.grant_of(&code).await.unwrap();
    allowed(world, &client, "alice").await;
    let db = aws::dynamodb_at(troubled.engine);
    let key = [("grant_id", damaged.id.to_string()), ("part", "grant".to_owned())];
    let key = key.map(|(name, value)| (name.to_owned(), AttributeValue::S(value)));
    let update = db.update_item().table_name(&troubled.tables.tokens).set_key(Some(key.clone().into()));
    let update = update.update_expression("SET created_by = :x, access_revoked_at = :x");
    update.expression_attribute_values(":x", AttributeValue::Bool(true)).send().await.unwrap();
    let visitor = world.visitor();
    let page = sign_in(&visitor, "alice").await;
    assert_eq!(listed(&page), [client.id.as_str()]);
    assert!(world.last_log()["damaged_items"][0].as_str().unwrap().contains(&damaged.id.to_string()));
    end(&visitor, &page, &client).await.shows(200);
    let found = db.get_item().table_name(&troubled.tables.tokens).set_key(Some(key.into())).send().await.unwrap();
    assert!(found.item.unwrap().contains_key("revoked_at"));
}

#[tokio::test(start_paused = true)]
async fn a_list_of_which_one_client_cannot_be_read_is_a_503_and_is_whole_afterwards() {
    let troubled = Troubled::new().await;
    let world = &troubled.world;
    world.with_people().await;
    let clients = [world.client().await, world.client().await];
    for client in &clients {
        allowed(world, client, "alice").await;
    }
    let visitor = world.visitor();
    sign_in(&visitor, "alice").await;
    let refused = Fault::Error(400, "AccessDeniedException");
    for faults in [[refused, Fault::Pass], [Fault::Pass, refused]] {
        troubled.wire.beside(faults);
        let failed = visitor.get(APPLICATIONS).await;
        assert_eq!(troubled.wire.heal().hits, 1);
        assert!(listed(failed.shows(503)).is_empty() && failed.headers["retry-after"] == "1", "{}", failed.text);
        let line = world.last_log();
        let told = ["outcome", "denial", "database_error"].map(|name| line[name].as_str());
        assert_eq!(told, [Some("unavailable"), Some("database_refuses"), Some("AccessDeniedException")], "{line}");
        assert_eq!(listed(&visitor.get(APPLICATIONS).await).len(), 2);
    }
}

#[tokio::test]
async fn a_damaged_client_is_listed_by_its_id_and_ends_as_any_other() {
    let troubled = Troubled::new().await;
    let world = &troubled.world;
    world.with_people().await;
    let client = world.client().await;
    allowed(world, &client, "alice").await;
    let visitor = world.visitor();
    sign_in(&visitor, "alice").await;
    let update = aws::dynamodb_at(troubled.engine).update_item().table_name(&troubled.tables.clients);
    let update = update.key("client_id", AttributeValue::S(client.id.clone())).update_expression("SET scopes = :x");
    update.expression_attribute_values(":x", AttributeValue::Bool(true)).send().await.unwrap();
    let page = visitor.get(APPLICATIONS).await;
    assert_eq!(listed(page.shows(200)), [client.id.as_str()]);
    assert!(page.text.contains(&format!("<h2>{}</h2>", client.id)), "{}", page.text);
    let page = end(&visitor, &page, &client).await;
    assert!(words(page.shows(200)).contains("can no longer use your account"), "{}", page.text);
    let line = world.last_log();
    assert_eq!((&line["outcome"], &line["client_id"]), (&"ended".into(), &client.id.as_str().into()), "{line}");
    assert!(listed(&visitor.get(APPLICATIONS).await).is_empty());
}

#[tokio::test]
async fn an_application_that_waits_for_its_tokens_has_no_end_yet_and_one_of_its_own_scheme_no_host() {
    let world = World::peopled().await;
    let own = "myapp://known.example/done";
    let client = world.client_with(|client| client.redirect_uris = vec![own.into()]).await;
    world.visitor().allow(&request(&client, &[("redirect_uri", own)])).await;
    let visitor = world.visitor();
    let page = sign_in(&visitor, "alice").await;
    assert_eq!(listed(page.shows(200)), [client.id.as_str()]);
    assert!(words(&page).contains("An app on your device (myapp)"), "{}", page.text);
    assert!(!page.text.contains("known.example"), "{}", page.text);
    assert!(words(&page).contains("Allowed on") && !words(&page).contains("at the latest"), "{}", page.text);
}
