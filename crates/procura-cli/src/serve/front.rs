//! Accepts connections: so many at a time, each with a deadline for its request's head.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

/// What one client after the other may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How many connections are held at a time.
    connections: usize,
    /// How long the head of a request may take, and a connection may be idle.
    head_within: Duration,
}

impl Limits {
    /// Fewer connections than the usual limit of descriptors.
    pub(crate) const USUAL: Self = Self { connections: 512, head_within: Duration::from_secs(10) };
}

/// How long requests under way may take to end when the server stops.
const END_WITHIN: Duration = Duration::from_secs(35);
/// How long to wait when the system has no descriptor left.
const REST: Duration = Duration::from_millis(100);

/// Serves `router` on `listener` until it is told to stop.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    mut stopped: watch::Receiver<bool>,
) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits.connections));
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            _ = stopped.wait_for(|stop| *stop) => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::error!(%error, "a connection was not accepted");
                tokio::time::sleep(REST).await;
                continue;
            }
        };
        let connection = connection((stream, peer), router.clone(), limits.head_within);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A client that breaks off is its own affair; calls under way are recorded.
            let _ended = connection.await;
            drop(place);
        });
    }
    if tokio::time::timeout(END_WITHIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}

/// One connection; handlers learn the peer's address from it.
fn connection(
    (stream, peer): (TcpStream, SocketAddr),
    router: Router,
    head_within: Duration,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + Send {
    // Small answers must not wait for an acknowledgement.
    let _set = stream.set_nodelay(true);
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.call(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_within)
        .serve_connection(TokioIo::new(stream), service)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::{Barrier, watch};
    use tokio::task::JoinSet;
    use tokio::time::timeout;

    use super::{Limits, serve};

    /// Serves `router`, until the sender goes.
    async fn start(router: Router, limits: Limits) -> (SocketAddr, watch::Sender<bool>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(serve(listener, router, limits, stopped));
        (address, stop)
    }

    /// Sends `head` and returns everything that comes until the connection ends.
    async fn send(address: SocketAddr, head: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    const WHOLE: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

    #[tokio::test]
    async fn a_head_that_never_ends_is_cut_off() {
        let hasty = Limits { head_within: Duration::from_millis(50), ..Limits::USUAL };
        for head in ["GET / HTTP/1.1\r\nHost: loc", ""] {
            let (address, _stop) =
                start(Router::new().route("/", get(async || "here")), hasty).await;
            let ended = timeout(Duration::from_secs(30), send(address, head)).await;
            assert!(ended.is_ok(), "`{head}` is still waited for");
        }
    }

    #[tokio::test]
    async fn a_whole_head_is_answered() {
        let router = Router::new().route("/", get(async || "here"));
        let (address, _stop) = start(router, Limits::USUAL).await;
        assert!(send(address, WHOLE).await.ends_with("here"));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn as_many_connections_are_held_as_there_are_places_and_all_are_answered() {
        let (now, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (inside, highest) = (Arc::clone(&now), Arc::clone(&peak));
        // Nobody is answered before three are there.
        let three = Arc::new(Barrier::new(3));
        let handler = async move || {
            let held = inside.fetch_add(1, Ordering::SeqCst).saturating_add(1);
            highest.fetch_max(held, Ordering::SeqCst);
            three.wait().await;
            inside.fetch_sub(1, Ordering::SeqCst);
            "here"
        };
        let limits = Limits { connections: 3, ..Limits::USUAL };
        let (address, _stop) = start(Router::new().route("/", get(handler)), limits).await;
        let mut clients = JoinSet::new();
        for _ in 0..30 {
            clients.spawn(send(address, WHOLE));
        }
        let answers = clients.join_all().await;
        assert!(answers.iter().all(|answer| answer.ends_with("here")));
        assert_eq!(peak.load(Ordering::SeqCst), 3);
    }
}
