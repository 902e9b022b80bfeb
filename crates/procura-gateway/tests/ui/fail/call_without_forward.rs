use procura_core::json::Object;
use procura_core::proof::Request;
use procura_gateway::upstream::Stdio;

async fn go_around(upstream: &Stdio, request: &Request) {
    let _answer = upstream.call(request, &Object::new()).await;
}

fn main() {}
