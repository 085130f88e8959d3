//! The wire between a command and the engine: a test sees each request, and says whether it and its answer get through.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use crate::place::Place;

/// Reads one message of HTTP/1.1 with its body. `None` at the end of the connection.
pub fn message(stream: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

impl Place {
    /// A port that leads to the engine. `asks` sees the head of each request, in small letters, and its body. With `None` of it
    /// the connection ends there. What else it says, `tells` gets once the engine has answered: whether the command hears of
    /// that.
    pub fn wire<T>(
        &self,
        asks: impl Fn(&str, &str) -> Option<T> + Send + Sync + 'static,
        tells: impl Fn(T) -> bool + Send + Sync + 'static,
    ) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let engine = format!("127.0.0.1:{}", self.server.dynamodb_port);
        let test = Arc::new((asks, tells));
        std::thread::spawn(move || {
            for near in listener.incoming() {
                let (near, engine, test) = (near.unwrap(), engine.clone(), test.clone());
                std::thread::spawn(move || {
                    let (mut to, mut from) = (near.try_clone().unwrap(), BufReader::new(near));
                    while let Some((head, body)) = message(&mut from) {
                        let text = String::from_utf8_lossy(&body);
                        let Some(asked) = test.0(&head.to_ascii_lowercase(), &text) else { return };
                        let far = TcpStream::connect(&engine).unwrap();
                        let (mut asks, mut answer) = (far.try_clone().unwrap(), BufReader::new(far));
                        asks.write_all(&[head.as_bytes(), &body].concat()).unwrap();
                        let (told, reply) = message(&mut answer).unwrap();
                        if !test.1(asked) {
                            return;
                        }
                        to.write_all(&[told.as_bytes(), &reply].concat()).unwrap();
                    }
                });
            }
        });
        port
    }
}
