//! Lists of users while nothing says that the index has the grants from before it.

use latchkey_testkit::faults::Fault;

use super::*;

const SAID: &str = "Applications that you allowed some time ago may be missing here and may still use your account: ask First \
                    Library if you want to end their access.";

async fn troubled() -> Troubled {
    let troubled = Troubled::new().await;
    troubled.world.with_people().await;
    troubled
}

#[tokio::test]
async fn until_the_index_is_filled_the_page_says_what_may_be_missing_and_claims_no_more_than_it_knows() {
    let troubled = troubled().await;
    let world = &troubled.world;
    let (client, before) = (world.client().await, world.client().await);
    allowed(world, &client, "alice").await;
    let code = world.code_of(&before, "alice").await;
    troubled.without_holder(&world.grant_of(&code).await.unwrap()).await;
    troubled.without_mark().await;
    let visitor = world.visitor();
    let page = sign_in(&visitor, "alice").await;
    assert_eq!(listed(&page), [client.id.as_str()]);
    assert!(words(page.shows(200)).contains(SAID), "{}", page.text);
    assert_eq!(world.last_log()["outcome"], "listed");
    let german = visitor.send(http::Method::GET, APPLICATIONS, &[("accept-language", "de")], Default::default()).await;
    let said = "fehlen hier möglicherweise und können Ihr Konto noch nutzen: Wenden Sie sich an First Library, wenn";
    assert!(words(&german).contains(said), "{}", german.text);
    for (outcome, told) in [
        ("ended", "<p role=\"status\">The access of A test&#39;s client that was on this list has ended.</p>"),
        ("unchanged", "<p role=\"status\">There was nothing on this list to end.</p>"),
    ] {
        let text = words(end(&visitor, &page, &client).await.shows(200));
        assert!(text.contains(told) && text.contains(SAID), "{text}");
        for claim in ["can no longer use", "no access to your account", "No application may use your account."] {
            assert!(!text.contains(claim), "{claim}: {text}");
        }
        assert_eq!(world.last_log()["outcome"], outcome);
    }

    // As `latchkey grant index` does.
    let (operator, usage) = (troubled.elsewhere(), &mut Usage::default());
    assert_eq!(operator.index_grants(usage, |_| {}).await, Ok(1));
    operator.mark_index_filled(world.now(), usage).await.unwrap();
    let page = visitor.get(APPLICATIONS).await;
    assert_eq!(listed(&page), [before.id.as_str()]);
    assert!(!words(&page).contains("may be missing"), "{}", page.text);
    let text = words(end(&visitor, &page, &before).await.shows(200));
    assert!(text.contains("can no longer use your account.") && text.contains("No application may use"), "{text}");
    assert!(!text.contains("may be missing"), "{text}");
}

#[tokio::test]
async fn the_mark_is_read_beside_the_query_at_most_once_a_page_and_never_again_once_it_was_there() {
    let troubled = troubled().await;
    let world = &troubled.world;
    let client = world.client().await;
    allowed(world, &client, "alice").await;
    let visitor = world.visitor();
    let figures = |line: &serde_json::Value| (line["round_trips"].as_u64(), line["read_units"].as_f64());
    troubled.without_mark().await;
    let page = sign_in(&visitor, "alice").await;
    // Directory, user and provider, the index and beside it the mark, the grant, the application.
    assert_eq!(figures(&world.last_log()), (Some(4), Some(3.0 + 0.5 + 1.0 + 1.0 + 1.0)));
    end(&visitor, &page, &client).await.shows(200);
    // It reads the index twice.
    assert_eq!(figures(&world.last_log()), (Some(6), Some(4.0 + 1.5 + 1.5 + 1.0)));
    visitor.get(APPLICATIONS).await.shows(200);
    assert_eq!(figures(&world.last_log()), (Some(3), Some(3.0 + 1.5 + 1.0)));
    troubled.elsewhere().mark_index_filled(world.now(), &mut Usage::default()).await.unwrap();
    for reads in [1.0, 0.0, 0.0] {
        visitor.get(APPLICATIONS).await.shows(200);
        assert_eq!(figures(&world.last_log()), (Some(3), Some(3.0 + 1.5 + reads)));
    }
    troubled.without_mark().await;
    assert!(!words(&visitor.get(APPLICATIONS).await).contains("may be missing"), "it is not taken away again");
}

/// What the list says is true then, too: the user can end what it has.
#[tokio::test(start_paused = true)]
async fn a_mark_that_cannot_be_read_counts_as_none_and_is_asked_for_again() {
    let troubled = troubled().await;
    let world = &troubled.world;
    let client = world.client().await;
    allowed(world, &client, "alice").await;
    let visitor = world.visitor();
    visitor.sign_in(&request(&client, &[])).await;
    for (fault, tries, code) in [
        (Fault::Error(400, "AccessDeniedException"), 1, "AccessDeniedException"),
        (Fault::Error(400, "ThrottlingException"), 3, "ThrottlingException"),
        (Fault::Reset, 3, "DispatchFailure"),
        (Fault::Silence, 3, "Timeout"),
    ] {
        troubled.wire.beside(vec![fault; tries]);
        let page = visitor.get(APPLICATIONS).await;
        assert_eq!(troubled.wire.heal().hits, tries, "{fault:?}");
        assert!(words(page.shows(200)).contains(SAID), "{fault:?}: {}", page.text);
        assert_eq!(listed(&page), [client.id.as_str()]);
        let line = world.last_log();
        assert_eq!((&line["outcome"], &line["database_error"]), (&"listed".into(), &code.into()), "{line}");
    }
    assert!(!words(&visitor.get(APPLICATIONS).await).contains("may be missing"));
}
