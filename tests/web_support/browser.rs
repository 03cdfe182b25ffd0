//! A headless Chromium, driven by its own protocol over a WebSocket that is written by hand: a few
//! frames need no client library.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Where this machine's browser lies; `None`, said aloud, where there is none.
fn which() -> Option<String> {
    const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/chromium");
    let out = Command::new(SCRIPT).arg("which").output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    if out.status.code() == Some(77) {
        crate::aloud::skipped(said.trim_end());
        return None;
    }
    assert!(out.status.success(), "{said}");
    Some(String::from_utf8(out.stdout).unwrap().trim().to_owned())
}

/// A browser with one page.
pub(crate) struct Browser {
    child: Child,
    stream: TcpStream,
    session: String,
    next: u64,
    /// Events since they were last taken.
    events: Vec<Value>,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// The browser of this machine; `None`, said aloud, where there is none.
    pub(crate) fn start() -> Option<Browser> {
        let program = which()?;
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new(program);
        command.args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
        ]);
        command.args([
            "--disable-background-networking",
            "--remote-debugging-port=0",
        ]);
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let told = BufReader::new(child.stderr.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let mut told =
            told.filter_map(|line| line.split_once("ws://").map(|(_, rest)| rest.to_owned()));
        let address = told.next().unwrap();
        // What it says further must not fill the pipe.
        std::thread::spawn(move || told.for_each(drop));
        let stream = handshake(&address);
        let mut browser = Browser {
            child,
            stream,
            session: String::new(),
            next: 0,
            events: Vec::new(),
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", attach);
        session["sessionId"]
            .as_str()
            .unwrap()
            .clone_into(&mut browser.session);
        for part in [
            "Page.enable",
            "Runtime.enable",
            "Log.enable",
            "Network.enable",
        ] {
            browser.call(part, json!({}));
        }
        Some(browser)
    }

    /// Sends a command; its answer.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "parameters are written in place"
    )]
    pub(crate) fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.next += 1;
        let mut message = json!({ "id": self.next, "method": method, "params": parameters });
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        self.send(message.to_string().as_bytes());
        loop {
            let answer = self.receive();
            if answer["id"] == self.next {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
            self.events.push(answer);
        }
    }

    /// Opens an address in a window of a width, and waits until it is loaded.
    pub(crate) fn open(&mut self, address: &str, width: u32, dark: bool) {
        let size =
            json!({ "width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size);
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", media);
        self.events.clear();
        self.call("Page.navigate", json!({ "url": address }));
        let is_loaded = |events: &[Value]| {
            events
                .iter()
                .any(|event| event["method"] == "Page.loadEventFired")
        };
        while !is_loaded(&self.events) {
            let event = self.receive();
            self.events.push(event);
        }
    }

    /// What an expression is worth on the page.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let asked =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.call("Runtime.evaluate", asked);
        assert!(
            answer["exceptionDetails"].is_null(),
            "{expression}: {answer}"
        );
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub(crate) fn wait(&mut self, expression: &str) {
        let begun = Instant::now();
        while self.value(expression) != json!(true) {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "never: {expression}"
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// What axe-core finds serious or critical on the page; `rules` is its script.
    pub(crate) fn accessibility(&mut self, rules: &str) -> Value {
        self.value(&format!("{rules}; true"));
        self.value(
            "axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations
               .filter(({ impact }) => impact === 'serious' || impact === 'critical')
               .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`))",
        )
    }

    /// Presses a key.
    pub(crate) fn press(&mut self, key: &str) {
        for kind in ["rawKeyDown", "keyUp"] {
            let code = match key {
                "Tab" => 9,
                "ArrowRight" => 39,
                "Enter" => 13,
                _ => 27,
            };
            let event =
                json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code });
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// What went wrong since the page was opened: words of the console, and requests elsewhere.
    pub(crate) fn faults(&mut self, base: &str) -> Vec<String> {
        let fault = |event: &Value| {
            let told = &event["params"];
            match event["method"].as_str()? {
                "Runtime.exceptionThrown" => Some(told["exceptionDetails"].to_string()),
                "Runtime.consoleAPICalled" if told["type"] == "error" => Some(told.to_string()),
                "Log.entryAdded" if told["entry"]["level"] == "error" => {
                    Some(told["entry"].to_string())
                }
                "Network.requestWillBeSent" => {
                    let address = told["request"]["url"].as_str()?;
                    let ours = address.starts_with(base) || address.starts_with("data:");
                    (!ours).then(|| format!("asked {address}"))
                }
                _ => None,
            }
        };
        self.events.iter().filter_map(fault).collect()
    }

    fn send(&mut self, text: &[u8]) {
        let mut frame = vec![0x81];
        match u16::try_from(text.len()) {
            Ok(n) if n < 126 => frame.push(0x80 | u8::try_from(n).unwrap()),
            Ok(n) => {
                frame.push(0x80 | 0x7e);
                frame.extend(n.to_be_bytes());
            }
            Err(_) => {
                frame.push(0x80 | 0x7f);
                frame.extend(u64::try_from(text.len()).unwrap().to_be_bytes());
            }
        }
        // Masked by zeros: a mask is asked for, and hides nothing from a browser of our own.
        frame.extend([0; 4]);
        frame.extend(text);
        self.stream.write_all(&frame).unwrap();
    }

    fn receive(&mut self) -> Value {
        let mut text = Vec::new();
        loop {
            let mut head = [0; 2];
            self.stream.read_exact(&mut head).unwrap();
            let length = match head[1] & 0x7f {
                0x7e => {
                    let mut bytes = [0; 2];
                    self.stream.read_exact(&mut bytes).unwrap();
                    u64::from(u16::from_be_bytes(bytes))
                }
                0x7f => {
                    let mut bytes = [0; 8];
                    self.stream.read_exact(&mut bytes).unwrap();
                    u64::from_be_bytes(bytes)
                }
                short => u64::from(short),
            };
            let mut body = vec![0; usize::try_from(length).unwrap()];
            self.stream.read_exact(&mut body).unwrap();
            text.extend(body);
            if head[0] & 0x80 != 0 {
                return serde_json::from_slice(&text).unwrap();
            }
        }
    }
}

/// A WebSocket to an address.
fn handshake(address: &str) -> TcpStream {
    let (host, path) = address.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_mins(1)))
        .unwrap();
    write!(
        stream,
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    stream
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
