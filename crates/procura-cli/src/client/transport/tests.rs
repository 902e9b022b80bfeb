//! Answers that do not end, that are not answers, and that send elsewhere.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Bounds, Broken, HEAD_BYTES, Reply, Transport};

/// Longer than any of these takes, on a machine that is busy too.
const FAR: Duration = Duration::from_secs(20);
const BYTES: u64 = 4096;

fn bounds(time: Duration) -> Bounds {
    Bounds { bytes: BYTES, time }
}

/// Answers one request as `answer` does, and gives what was sent and how many
/// bytes were taken from it.
fn server(
    answer: impl FnOnce(&mut Drip) + Send + 'static,
) -> (String, JoinHandle<(String, usize)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let task = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut head = String::new();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
        let lower = head.to_ascii_lowercase();
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        reader.read_exact(&mut body).unwrap();
        let mut drip = Drip { stream, sent: 0 };
        answer(&mut drip);
        let _closed = drip.stream.shutdown(Shutdown::Write);
        (head, drip.sent)
    });
    (url, task)
}

/// What a server writes, until the client has gone.
struct Drip {
    stream: TcpStream,
    sent: usize,
}

impl Drip {
    fn write(&mut self, bytes: &[u8]) -> bool {
        let is_sent = self.stream.write_all(bytes).is_ok();
        self.sent += if is_sent { bytes.len() } else { 0 };
        is_sent
    }

    /// For this long nothing is written; whether the client is still there.
    fn pause(&mut self, time: Duration) -> bool {
        self.stream.set_read_timeout(Some(time)).unwrap();
        match self.stream.read(&mut [0; 512]) {
            Ok(read) => read > 0,
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }
}

fn get(url: &str, bounds: Bounds) -> Result<Reply, Broken> {
    Transport::new(bounds).get(url, &[("Authorization", "Procura secret")])
}

/// What becomes of such an answer.
fn outcome(bounds: Bounds, answer: impl FnOnce(&mut Drip) + Send + 'static) -> String {
    let (url, task) = server(answer);
    let outcome = match get(&url, bounds) {
        Ok(Reply { status, body }) => format!("{} with {} bytes", status.as_u16(), body.len()),
        Err(broken) => broken.to_string(),
    };
    task.join().unwrap();
    outcome
}

fn fixed(text: String) -> impl FnOnce(&mut Drip) {
    move |drip| {
        drip.write(text.as_bytes());
    }
}

const TOO_LARGE: &str = "its answer is longer than what is read of one (sdk.response_too_large)";

#[test]
fn sdk_06_a_body_is_read_to_its_bound_and_no_further() {
    let answer = |status: &str, length: usize| {
        fixed(format!(
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{}",
            "x".repeat(length)
        ))
    };
    for (status, code) in [("200 OK", 200), ("500 Internal Server Error", 500)] {
        let fits = outcome(bounds(FAR), answer(status, 4096));
        assert_eq!(fits, format!("{code} with 4096 bytes"));
        assert_eq!(outcome(bounds(FAR), answer(status, 4097)), TOO_LARGE);
    }
}

#[test]
fn sdk_06_a_body_without_an_end_costs_no_more_than_its_bound() {
    let heads = [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 500 Internal Server Error\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 5368709120\r\n\r\n",
        "HTTP/1.1 502 Bad Gateway\r\n\r\n",
    ];
    for head in heads {
        let chunk = if head.contains("chunked") {
            format!("400\r\n{}\r\n", "x".repeat(1024))
        } else {
            "x".repeat(1024)
        };
        let (url, task) = server(move |drip| {
            drip.write(head.as_bytes());
            // It ends when nobody takes any more.
            while drip.write(chunk.as_bytes()) {}
        });
        let broken = get(&url, bounds(FAR)).err().unwrap();
        assert!(matches!(broken, Broken::TooLarge), "{head}: {broken}");
        let (_, sent) = task.join().unwrap();
        // The rest was on its way through two machines' buffers, or what stands for them.
        assert!(sent < 64 * 1024 * 1024, "{head}: {sent}");
    }
}

#[test]
fn sdk_06_a_head_has_so_many_fields_and_bytes() {
    let head = |count: usize, value: &str| {
        let fields = format!("a: {value}\r\n").repeat(count);
        fixed(format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 0\r\n\r\n"))
    };
    assert_eq!(outcome(bounds(FAR), head(100, "b")), "200 with 0 bytes");
    assert_eq!(outcome(bounds(FAR), head(1_000, "b")), TOO_LARGE);
    assert_eq!(outcome(bounds(FAR), head(1, &"b".repeat(HEAD_BYTES / 2))), "200 with 0 bytes");
    assert_eq!(outcome(bounds(FAR), head(1, &"b".repeat(HEAD_BYTES))), TOO_LARGE);
    let endless = |line: &'static str| {
        move |drip: &mut Drip| {
            drip.write(b"HTTP/1.1 200 OK\r\n");
            while drip.write(line.as_bytes()) {}
        }
    };
    assert_eq!(outcome(bounds(FAR), endless("a: b\r\n")), TOO_LARGE);
    assert_eq!(outcome(bounds(FAR), endless("a")), TOO_LARGE);
}

#[test]
fn sdk_06_an_answer_that_comes_slowly_is_waited_for_until_the_deadline() {
    let soon = Duration::from_millis(300);
    let step = Duration::from_millis(10);
    let late = "its answer was not there within 0.3 seconds";
    for head in [
        "HTTP/1.1 200 OK\r\na: ",
        "HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
    ] {
        let start = Instant::now();
        let drips = outcome(bounds(soon), move |drip| {
            drip.write(head.as_bytes());
            let more: &[u8] = if head.contains("100") { head.as_bytes() } else { b"0" };
            while drip.pause(step) && drip.write(more) {}
        });
        assert_eq!(drips, late, "{head}");
        let silent = outcome(bounds(soon), move |drip| {
            drip.write(head.as_bytes());
            while drip.pause(FAR) {}
        });
        assert_eq!(silent, late, "{head}");
        assert!(start.elapsed() < FAR, "{head}: {:?}", start.elapsed());
    }
    let in_time = outcome(bounds(FAR), move |drip| {
        drip.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
        for byte in b"slow!" {
            assert!(drip.pause(step) && drip.write(&[*byte]));
        }
    });
    assert_eq!(in_time, "200 with 5 bytes");
}

/// Somebody else, at whom a request must not arrive.
struct Witness(TcpListener);

impl Witness {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn address(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }

    /// A connection would wait to be accepted, for the client has ended.
    #[track_caller]
    fn saw_nothing(&self) {
        match self.0.accept() {
            Ok((mut stream, _)) => {
                let mut seen = String::new();
                stream.set_nonblocking(false).unwrap();
                let _all = stream.read_to_string(&mut seen);
                panic!("somebody came: {seen}");
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
    }
}

#[test]
fn sdk_03_no_redirect_is_followed_and_nothing_leaves() {
    let witness = Witness::new();
    let other = witness.address();
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        for location in
            [format!("http://{other}/v1"), format!("//{other}/v1"), format!("https://{other}/")]
        {
            for posts in [false, true] {
                let answer = format!(
                    "HTTP/1.1 {status}\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
                let (url, task) = server(fixed(answer));
                let transport = Transport::new(bounds(FAR));
                let fields = [("Authorization", "Procura secret")];
                let reply = if posts {
                    transport.post(&url, &fields, b"{\"body\":\"secret\"}")
                } else {
                    transport.get(&url, &fields)
                };
                let broken = reply.err().unwrap();
                assert!(matches!(broken, Broken::Redirect), "{status} {location}: {broken}");
                assert!(broken.to_string().contains("(sdk.redirect_refused)"));
                let (head, _) = task.join().unwrap();
                assert!(head.contains("secret"), "the one that was named is sent it");
                witness.saw_nothing();
            }
        }
    }
}

#[test]
fn sdk_03_an_answer_that_only_mentions_another_place_is_an_answer() {
    let witness = Witness::new();
    let location = witness.address();
    let answer = format!(
        "HTTP/1.1 201 Created\r\nLocation: http://{location}/\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    assert_eq!(outcome(bounds(FAR), fixed(answer)), "201 with 2 bytes");
    witness.saw_nothing();
}

#[test]
fn sdk_03_the_witness_notices_who_comes() {
    let witness = Witness::new();
    let mut stream = TcpStream::connect(witness.address()).unwrap();
    stream.write_all(b"hello").unwrap();
    drop(stream);
    assert!(
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| witness.saw_nothing())).is_err()
    );
}

#[test]
fn sdk_05_without_tls_nothing_is_sent_to_where_tls_is_expected() {
    let witness = Witness::new();
    let other = witness.address();
    for url in [
        format!("https://{other}/"),
        format!("HTTPS://{other}/"),
        format!("ws://{other}/"),
        other.clone(),
    ] {
        let broken = get(&url, bounds(FAR)).err().unwrap();
        assert!(matches!(broken, Broken::NotHttp), "{url}: {broken}");
    }
    witness.saw_nothing();
    let plain = fixed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".into());
    assert_eq!(outcome(bounds(FAR), plain), "200 with 2 bytes");
}
