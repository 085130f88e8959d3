//! The local server behind a proxy, as its operator starts it.

use bytes::Bytes;
use http::Method;
use latchkey_testkit::world::World;

use crate::running::Running;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const METADATA: &str = "/.well-known/oauth-authorization-server";

#[tokio::test]
async fn a_server_behind_a_proxy_answers_requests_of_the_proxy_alone() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let environment = [("LATCHKEY_PROXY_SECRETS", SECRET)];
    let server = Running::start_with(folder.path(), &[], &environment);
    for (sent, status) in [(None, 403), (Some(&SECRET[1..]), 403), (Some(SECRET), 200)] {
        let headers: Vec<_> = sent.into_iter().map(|sent| ("x-latchkey-proxy", sent)).collect();
        let reply = world.send_to(&server.url, Method::GET, METADATA, &headers, Bytes::new()).await;
        assert_eq!(reply.status, status, "{sent:?}: {}", reply.text);
        if status == 403 {
            assert_eq!(reply.body["error"], "access_denied");
            assert!(reply.text.contains("address behind the service's CDN"), "{}", reply.text);
        }
    }
    let lines = server.log(3).join("\n");
    assert_eq!(lines.matches("proxy_bypassed").count(), 2, "{lines}");
    assert!(!lines.contains(&SECRET[1..]), "{lines}");
}
