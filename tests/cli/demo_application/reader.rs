//! A reader's browser, as far as HTTP goes: one host, one jar of cookies for all its ports, forms sent as a page sends them.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use latchkey_oauth::form::encode;
use latchkey_testkit::reply::Reply;
use latchkey_testkit::world::World;

use crate::place::run;
use crate::running::Running;

pub struct Reader<'w> {
    world: &'w World,
    service: String,
    dynamodb_port: String,
    pub demo: String,
    cookies: Mutex<Vec<String>>,
    seen: Mutex<Vec<Reply>>,
}

/// What a page says, without its markup.
pub fn text_of(page: &Reply) -> String {
    let parts = page.text.split('<').enumerate();
    let texts = parts.map(|(at, part)| if at == 0 { part } else { part.split_once('>').map_or("", |(_, rest)| rest) });
    let words: Vec<_> = texts.flat_map(str::split_whitespace).collect();
    unescaped(&words.join(" "))
}

fn unescaped(text: &str) -> String {
    let characters = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
    characters.iter().fold(text.to_owned(), |text, (written, meant)| text.replace(written, meant))
}

impl<'w> Reader<'w> {
    pub fn new(world: &'w World, server: &Running) -> Self {
        let (service, dynamodb_port) = (server.url.clone(), server.dynamodb_port.clone());
        let (cookies, seen) = (Mutex::default(), Mutex::default());
        Self { world, service, dynamodb_port, demo: server.demo.clone(), cookies, seen }
    }

    /// The same browser after the server was started again, as if on the same ports: with its cookies of before.
    pub fn moved(&self, server: &Running) -> Self {
        let moved = Self::new(self.world, server);
        let port = |base: &str| base.rsplit(':').next().unwrap().to_owned();
        let (before, now) = (port(&self.demo), port(&moved.demo));
        let cookies = self.cookies.lock().unwrap().iter().map(|pair| pair.replace(&before, &now)).collect();
        *moved.cookies.lock().unwrap() = cookies;
        moved
    }

    pub async fn send(&self, method: Method, url: &str, headers: &[(&str, &str)], body: String) -> Reply {
        let at = url.match_indices('/').nth(2).unwrap().0;
        let cookies = self.cookies.lock().unwrap().join("; ");
        let cookie = (!cookies.is_empty()).then_some(("cookie", cookies.as_str()));
        // A server that is started again knows no connection of before.
        let headers: Vec<_> = headers.iter().copied().chain(cookie).chain([("connection", "close")]).collect();
        let reply = self.world.send_to(&url[..at], method, &url[at..], &headers, Bytes::from(body)).await;
        let mut cookies = self.cookies.lock().unwrap();
        for set in reply.headers.get_all("set-cookie").iter().map(|set| set.to_str().unwrap()) {
            let pair = set.split(';').next().unwrap();
            cookies.retain(|known| known.split('=').next() != pair.split('=').next());
            cookies.push(pair.to_owned());
        }
        reply
    }

    pub async fn get(&self, url: &str) -> Reply {
        self.send(Method::GET, url, &[], String::new()).await
    }

    async fn post(&self, url: &str, fields: &[(&str, &str)]) -> Reply {
        let at = url.match_indices('/').nth(2).unwrap().0;
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", &url[..at]),
            ("sec-fetch-site", "same-origin"),
        ];
        let form: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        self.send(Method::POST, url, &headers, form.join("&")).await
    }

    /// A page of the demo application, which must be there.
    pub async fn page(&self, path: &str) -> Reply {
        let reply = self.get(&format!("{}{path}", self.demo)).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        assert_eq!(reply.headers["content-type"], "text/html;charset=UTF-8");
        let kept =
            Reply { text: reply.text.clone(), headers: reply.headers.clone(), body: reply.body.clone(), ..reply };
        self.seen.lock().unwrap().push(kept);
        reply
    }

    /// The pages of the demo application that were shown.
    pub fn seen(&self) -> Vec<Reply> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    /// Where a path of the demo application leads.
    pub async fn leads(&self, path: &str) -> String {
        let reply = self.get(&format!("{}{path}", self.demo)).await;
        assert_eq!(reply.status, 303, "{path}: {}", reply.text);
        reply.location()
    }

    /// Where a form of the demo application leads.
    pub async fn press(&self, path: &str) -> String {
        let reply = self.post(&format!("{}{path}", self.demo), &[]).await;
        assert_eq!(reply.status, 303, "{path}: {}", reply.text);
        reply.location()
    }

    /// Begins a walk: its path.
    pub async fn begin(&self) -> String {
        self.press("/begin").await.strip_suffix("/ask").unwrap().to_owned()
    }

    /// Sends the request of a step, and returns the page that shows it.
    pub async fn act(&self, walk: &str, step: &str) -> Reply {
        let place = format!("{walk}/{step}");
        assert_eq!(self.press(&place).await, place);
        self.page(&place).await
    }

    /// The authorization request of a walk.
    pub fn request_of(&self, ask: &Reply) -> String {
        let linked = ask.text.split("<a class=\"button\" href=\"").nth(1).unwrap();
        let request = unescaped(linked.split('"').next().unwrap());
        assert!(request.starts_with(&format!("{}/oauth2/authorizeCode?", self.service)), "{request}");
        request
    }

    /// Signs in and allows: where the service then leads.
    pub async fn allow(&self, request: &str) -> String {
        let at = format!("{}/oauth2/authorizeCode", self.service);
        let form = self.get(request).await.form();
        let fields = [("form", form.as_str()), ("username", "demo"), ("password", "latchkey"), ("action", "sign_in")];
        let signed_in = self.post(&at, &fields).await;
        assert_eq!(signed_in.status, 303, "{}", signed_in.text);
        let consent = self.get(&format!("{}/oauth2/{}", self.service, signed_in.location())).await;
        // So long it takes to read the page: an earlier answer is asked again.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        self.post(&at, &[("form", &consent.form()), ("action", "allow")]).await.location()
    }

    /// The answer to a walk's request with a code that an operator made, without the pages.
    pub async fn code_for(&self, walk: &str, folder: &Path) -> String {
        self.code_with(walk, folder, &[]).await
    }

    /// The same, of an operator with variables in the environment.
    pub async fn code_with(&self, walk: &str, folder: &Path, environment: &[(&str, &str)]) -> String {
        let request = self.request_of(&self.page(&format!("{walk}/ask")).await);
        let parameter = |name: &str| {
            let value = request.split(&format!("{name}=")).nth(1).unwrap().split('&').next().unwrap();
            value.replace("%3A", ":").replace("%2F", "/")
        };
        let redirect_uri = parameter("redirect_uri");
        let made = run(
            folder,
            environment,
            &[
                "code",
                "create",
                "--json",
                "--local",
                "--dynamodb-port",
                &self.dynamodb_port,
                "--client-id",
                "demo",
                "--redirect-uri",
                &redirect_uri,
                "--scope",
                "WMS_NCIP refresh_token",
                "--institution",
                "128807",
                "--code-challenge",
                &parameter("code_challenge"),
            ],
        );
        let (made, state) = (made.json(), parameter("state"));
        let code = made["code"].as_str().unwrap();
        format!("{redirect_uri}?code={code}&state={state}&iss={}", encode(&self.service))
    }

    /// The browser comes back to the demo application: where it leads.
    pub async fn come_back(&self, url: &str) -> String {
        let reply = self.get(url).await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        reply.location()
    }

    /// Ends the access of the demo client at the service.
    pub async fn end_access(&self, applications: &str) {
        let form = self.get(applications).await.form();
        let at = format!("{}/oauth2/applications", self.service);
        let ended = self.post(&at, &[("form", &form), ("end", "demo")]).await;
        assert!(ended.text.contains("role=\"status\""), "{}", ended.text);
    }
}
