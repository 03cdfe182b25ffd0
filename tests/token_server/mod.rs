//! A token endpoint on the loopback, which answers as a test says, and says what it was asked.
//!
//! Knows no broker. A newcomer may ask why it is written by hand: most of its answers are such as no
//! server should give.

#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The request line and the header fields.
    pub(crate) head: String,
    /// The form.
    pub(crate) body: String,
}

/// What is answered: the bytes, and how long they take.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) bytes: Vec<u8>,
    pub(crate) after: Duration,
}

impl Reply {
    /// A status, further header fields (each with its line's end), and a body.
    pub(crate) fn new(status: &str, more: &str, body: &str) -> Reply {
        let mut head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{more}");
        write!(head, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        Reply {
            bytes: head.into_bytes(),
            after: Duration::ZERO,
        }
    }

    /// A token, and what stands behind it in the JSON: `, "expires_in": 60`.
    pub(crate) fn token(token: &str, more: &str) -> Reply {
        let body = format!(r#"{{"access_token": "{token}", "token_type": "Bearer"{more}}}"#);
        Reply::new("200 OK", "Content-Type: application/json\r\n", &body)
    }

    /// A refusal by RFC 6749, 5.2.
    pub(crate) fn refusal(status: &str, word: &str) -> Reply {
        let body = format!(r#"{{"error": "{word}", "error_description": "hush-description"}}"#);
        Reply::new(status, "", &body)
    }

    /// The same after a while.
    pub(crate) fn after(self, after: Duration) -> Reply {
        Reply { after, ..self }
    }
}

/// What a server is when it is asked.
type Rule = dyn Fn(&Asked) -> Reply + Send + Sync;

struct State {
    rule: Mutex<Arc<Rule>>,
    asked: Mutex<Vec<Asked>>,
    ends: AtomicBool,
    tls: Option<Arc<ServerConfig>>,
}

/// The running endpoint.
pub(crate) struct TokenServer {
    state: Arc<State>,
    port: u16,
}

impl TokenServer {
    /// Starts one that speaks plainly.
    pub(crate) fn start(rule: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> TokenServer {
        TokenServer::with(None, rule)
    }

    /// Starts one that speaks TLS, with a certificate for `localhost` and its key, PEM files.
    pub(crate) fn start_tls(
        (certificate, key): (&Path, &Path),
        rule: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> TokenServer {
        let certificate = CertificateDer::from_pem_file(certificate).unwrap();
        let key = PrivateKeyDer::from_pem_file(key).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        TokenServer::with(Some(Arc::new(config)), rule)
    }

    fn with(
        tls: Option<Arc<ServerConfig>>,
        rule: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> TokenServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            rule: Mutex::new(Arc::new(rule)),
            asked: Mutex::default(),
            ends: AtomicBool::new(false),
            tls,
        });
        let serving = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if serving.ends.load(Ordering::Acquire) {
                    return;
                }
                let state = Arc::clone(&serving);
                // Whoever hangs up on it is answered no more.
                std::thread::spawn(move || drop(state.serve(stream)));
            }
        });
        TokenServer { state, port }
    }

    /// Its address, with a path.
    pub(crate) fn url(&self) -> String {
        let (scheme, host) = match self.state.tls {
            Some(_) => ("https", "localhost"),
            None => ("http", "127.0.0.1"),
        };
        format!("{scheme}://{host}:{}/oauth2/token", self.port)
    }

    /// Answers otherwise from now on.
    pub(crate) fn answers(&self, rule: impl Fn(&Asked) -> Reply + Send + Sync + 'static) {
        *self.state.rule.lock().unwrap() = Arc::new(rule);
    }

    /// All that was asked.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().unwrap().clone()
    }
}

impl Drop for TokenServer {
    fn drop(&mut self) {
        self.state.ends.store(true, Ordering::Release);
        // Wakes it up.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

impl State {
    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        match &self.tls {
            None => self.answer(stream),
            Some(config) => {
                let config = Arc::clone(config);
                let session = ServerConnection::new(config).map_err(std::io::Error::other)?;
                self.answer(StreamOwned::new(session, stream))
            }
        }
    }

    fn answer(&self, mut stream: impl Read + Write) -> std::io::Result<()> {
        let asked = request(&mut stream)?;
        self.asked.lock().unwrap().push(asked.clone());
        let rule = Arc::clone(&self.rule.lock().unwrap());
        let reply = rule(&asked);
        std::thread::sleep(reply.after);
        stream.write_all(&reply.bytes)?;
        stream.flush()
    }
}

/// Reads one request.
fn request(stream: &mut impl Read) -> std::io::Result<Asked> {
    let mut bytes = Vec::new();
    loop {
        let mut some = [0; 4096];
        let read = stream.read(&mut some)?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&some[..read]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(0, |(_, length)| length.parse().unwrap());
        if body.len() >= length {
            return Ok(Asked {
                head: head.to_owned(),
                body: body.to_owned(),
            });
        }
    }
}
