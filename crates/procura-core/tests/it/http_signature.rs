//! Signature bases and digests of bodies.

use procura_core::{
    http_signature::{
        BaseError, DigestError, Field, HttpMessage, HttpRequest, HttpResponse, Scheme,
        check_content_digest, content_digest, signature_base,
    },
    limits,
    structured_field::{Dictionary, InnerList, Member},
};

pub(crate) fn request<'a>(fields: &'a [Field<'a>]) -> HttpRequest<'a> {
    HttpRequest {
        method: "POST",
        scheme: Scheme::Https,
        authority: "www.Example.com:443",
        target: "/path?param=value&foo=bar&baz=bat%2Dman",
        fields,
        body: b"",
    }
}

pub(crate) fn input(components: &str) -> InnerList {
    let dictionary = Dictionary::parse(&format!("s=({components})")).unwrap();
    match dictionary.get("s") {
        Some(Member::InnerList(input)) => input.clone(),
        other => panic!("{other:?}"),
    }
}

/// The value of one component, as it is written in the base.
fn value(request: &HttpRequest<'_>, component: &str) -> Result<String, BaseError> {
    base_value(&HttpMessage::Request(request), component)
}

fn base_value(message: &HttpMessage<'_>, component: &str) -> Result<String, BaseError> {
    let base = signature_base(message, &input(component))?;
    let line = base.lines().next().unwrap();
    let start = format!("{component}: ");
    Ok(line.strip_prefix(&start).unwrap_or_else(|| panic!("{line}")).to_owned())
}

#[test]
fn derived_components_are_those_of_rfc_9421() {
    let plain = request(&[]);
    let odd = HttpRequest { target: "/?", authority: "[::1]:8443", scheme: Scheme::Http, ..plain };
    let bare = HttpRequest { target: "/", method: "pOsT", ..plain };
    for (request, component, expected) in [
        (&plain, "\"@method\"", "POST"),
        (&bare, "\"@method\"", "pOsT"),
        (&plain, "\"@scheme\"", "https"),
        (&odd, "\"@scheme\"", "http"),
        (&plain, "\"@authority\"", "www.example.com"),
        (&odd, "\"@authority\"", "[::1]:8443"),
        (
            &plain,
            "\"@target-uri\"",
            "https://www.example.com/path?param=value&foo=bar&baz=bat%2Dman",
        ),
        (&odd, "\"@target-uri\"", "http://[::1]:8443/?"),
        (&plain, "\"@request-target\"", "/path?param=value&foo=bar&baz=bat%2Dman"),
        (&plain, "\"@path\"", "/path"),
        (&plain, "\"@query\"", "?param=value&foo=bar&baz=bat%2Dman"),
        (&odd, "\"@query\"", "?"),
        (&bare, "\"@query\"", "?"),
        (&plain, "\"@query-param\";name=\"baz\"", "bat-man"),
        (&plain, "\"@query-param\";name=\"param\"", "value"),
    ] {
        assert_eq!(value(request, component).as_deref(), Ok(expected), "{component}");
    }
}

#[test]
fn a_query_parameter_is_written_in_one_way() {
    // RFC 9421, section 2.2.8.
    let target = "/parameters?var=this%20is%20a%20big%0Amultiline%20value\
                  &bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something&empty&&eq=a=b";
    let request = HttpRequest { target, ..request(&[]) };
    for (name, expected) in [
        ("var", "this%20is%20a%20big%0Amultiline%20value"),
        ("bar", "with%20plus%20whitespace"),
        ("fa%C3%A7ade%22%3A%20", "something"),
        ("empty", ""),
        ("eq", "a%3Db"),
    ] {
        let component = format!("\"@query-param\";name=\"{name}\"");
        assert_eq!(value(&request, &component).as_deref(), Ok(expected), "{name}");
    }
    let at = |target, name: &str| {
        let component = format!("\"@query-param\";name=\"{name}\"");
        value(&HttpRequest { target, ..request }, &component)
    };
    assert_eq!(at("/?a=1&b=2&a=1", "a"), Err(BaseError::Repeated));
    assert_eq!(at("/?a=1&%61=2", "a"), Err(BaseError::Repeated));
    assert_eq!(at("/?a=1", "b"), Err(BaseError::Missing));
    assert_eq!(at("/", "a"), Err(BaseError::Missing));
    assert_eq!(at("/?a=%zz", "a"), Err(BaseError::Value));
    assert_eq!(at("/?a=%4", "a"), Err(BaseError::Value));
    assert_eq!(at("/?a=%ff", "a"), Err(BaseError::Value));
    let nameless = value(&request, "\"@query-param\"");
    assert_eq!(nameless, Err(BaseError::Identifier));
}

/// RFC 9421, section 2.1 and 2.1.1 to 2.1.3.
const FIELDS: [Field<'static>; 9] = [
    ("Host", "www.example.com"),
    ("Date", "Tue, 20 Apr 2021 02:07:56 GMT"),
    ("X-OWS-Header", "   Leading and trailing whitespace.   "),
    ("Cache-Control", "max-age=60"),
    ("Cache-Control", "   must-revalidate"),
    ("Content-Digest", "a=1,   b=2;x=1;y=2,   c=(a   b   c)"),
    ("Example-Dict", " a=1, b=2;x=1;y=2, c=(a b c), d"),
    ("Example-Empty", ""),
    ("Example-Lists", "value, with, lots"),
];

#[test]
fn fields_are_joined_trimmed_and_written_strictly_if_asked() {
    let request = request(&FIELDS);
    for (component, expected) in [
        ("\"host\"", "www.example.com"),
        ("\"date\"", "Tue, 20 Apr 2021 02:07:56 GMT"),
        ("\"x-ows-header\"", "Leading and trailing whitespace."),
        ("\"cache-control\"", "max-age=60, must-revalidate"),
        ("\"example-empty\"", ""),
        ("\"content-digest\"", "a=1,   b=2;x=1;y=2,   c=(a   b   c)"),
        ("\"content-digest\";sf", "a=1, b=2;x=1;y=2, c=(a b c)"),
        ("\"example-dict\";key=\"a\"", "1"),
        ("\"example-dict\";key=\"d\"", "?1"),
        ("\"example-dict\";key=\"b\"", "2;x=1;y=2"),
        ("\"example-dict\";key=\"c\"", "(a b c)"),
        ("\"content-digest\";sf;key=\"c\"", "(a b c)"),
        ("\"cache-control\";bs", ":bWF4LWFnZT02MA==:, :bXVzdC1yZXZhbGlkYXRl:"),
        ("\"example-lists\";bs", ":dmFsdWUsIHdpdGgsIGxvdHM=:"),
    ] {
        assert_eq!(value(&request, component).as_deref(), Ok(expected), "{component}");
    }
}

#[test]
fn what_has_no_value_or_two_is_refused() {
    let fields = [("X-Break", "a\nb"), ("X-Wide", "ä"), ("X-Tab", "a\tb"), ("X-Dict", "a, a")];
    let bad = request(&fields);
    let good = request(&FIELDS);
    for (request, component, error) in [
        (&good, "\"missing\"", BaseError::Missing),
        (&good, "\"example-dict\";key=\"x\"", BaseError::Missing),
        (&good, "\"Date\"", BaseError::Identifier),
        (&good, "\"\"", BaseError::Identifier),
        (&good, "\"da te\"", BaseError::Identifier),
        (&good, "date", BaseError::Identifier),
        (&good, "1", BaseError::Identifier),
        (&good, "\"@unknown\"", BaseError::Unsupported),
        (&good, "\"@signature-params\"", BaseError::Unsupported),
        (&good, "\"@status\"", BaseError::Unsupported),
        (&good, "\"@method\";sf", BaseError::Unsupported),
        (&good, "\"@method\";name=\"a\"", BaseError::Unsupported),
        (&good, "\"@method\";req", BaseError::Unsupported),
        (&good, "\"date\";req", BaseError::Unsupported),
        (&good, "\"date\";tr", BaseError::Unsupported),
        (&good, "\"date\";sf", BaseError::Unsupported),
        (&good, "\"date\";name=\"a\"", BaseError::Unsupported),
        (&good, "\"date\";unknown", BaseError::Unsupported),
        (&good, "\"date\";bs=1", BaseError::Unsupported),
        (&good, "\"content-digest\";sf=?0", BaseError::Unsupported),
        (&good, "\"content-digest\";bs;sf", BaseError::Unsupported),
        (&good, "\"example-dict\";bs;key=\"a\"", BaseError::Unsupported),
        (&good, "\"example-dict\";key=a", BaseError::Unsupported),
        (&good, "\"date\";key=\"a\"", BaseError::Value),
        (&good, "\"date\" \"date\"", BaseError::Repeated),
        (&good, "\"example-dict\";sf;key=\"a\" \"example-dict\";key=\"a\";sf", BaseError::Repeated),
        (&bad, "\"x-break\"", BaseError::Value),
        (&bad, "\"x-wide\"", BaseError::Value),
        (&bad, "\"x-dict\";key=\"a\"", BaseError::Value),
    ] {
        let base = signature_base(&HttpMessage::Request(request), &input(component));
        assert_eq!(base, Err(error), "{component}");
    }
    assert_eq!(value(&bad, "\"x-tab\"").as_deref(), Ok("a\tb"));
    assert_eq!(value(&bad, "\"x-break\";bs").as_deref(), Ok(":YQpi:"));
}

#[test]
fn a_target_of_another_form_is_not_signed() {
    for target in ["", "*", "www.example.com:80", "https://a.example/", "/a b", "/a#b", "/ä", "/\n"]
    {
        let odd = HttpRequest { target, ..request(&[]) };
        assert_eq!(value(&odd, "\"@path\""), Err(BaseError::Value), "{target}");
    }
    for authority in ["", "u@a.example", "a.example:x", "a example"] {
        let odd = HttpRequest { authority, ..request(&[]) };
        assert_eq!(value(&odd, "\"@authority\""), Err(BaseError::Value), "{authority}");
        assert_eq!(value(&odd, "\"@target-uri\""), Err(BaseError::Value), "{authority}");
    }
    for method in ["", "GET ", "GET\n", "GÉT"] {
        let odd = HttpRequest { method, ..request(&[]) };
        assert_eq!(value(&odd, "\"@method\""), Err(BaseError::Value), "{method}");
    }
}

#[test]
fn a_response_is_signed_with_parts_of_its_request() {
    let request = request(&FIELDS);
    let fields = [("Content-Type", "text/plain")];
    let response = HttpResponse { status: 503, fields: &fields, request: &request };
    let message = HttpMessage::Response(&response);
    for (component, expected) in [
        ("\"@status\"", Ok("503")),
        ("\"content-type\"", Ok("text/plain")),
        ("\"@method\";req", Ok("POST")),
        ("\"@authority\";req", Ok("www.example.com")),
        ("\"@query-param\";req;name=\"foo\"", Ok("bar")),
        ("\"date\";req", Ok("Tue, 20 Apr 2021 02:07:56 GMT")),
        ("\"example-dict\";req;key=\"a\"", Ok("1")),
        ("\"date\"", Err(BaseError::Missing)),
        ("\"content-type\";req", Err(BaseError::Missing)),
        ("\"@status\";req", Err(BaseError::Unsupported)),
        ("\"@status\";sf", Err(BaseError::Unsupported)),
        ("\"@method\"", Err(BaseError::Identifier)),
    ] {
        let found = base_value(&message, component);
        assert_eq!(found.as_deref(), expected.as_ref().map(|text| *text), "{component}");
    }
    let odd = HttpResponse { status: 99, ..response };
    let found = base_value(&HttpMessage::Response(&odd), "\"@status\"");
    assert_eq!(found, Err(BaseError::Unsupported));
}

#[test]
fn the_last_line_is_what_the_signature_says_of_itself() {
    let request = request(&FIELDS);
    let message = HttpMessage::Request(&request);
    let dictionary = "s=(  \"@method\"   \"host\" );created=1;keyid=\"k\"";
    let dictionary = Dictionary::parse(dictionary).unwrap();
    let Some(Member::InnerList(input)) = dictionary.get("s") else { panic!("{dictionary}") };
    assert_eq!(
        signature_base(&message, input).unwrap(),
        "\"@method\": POST\n\"host\": www.example.com\n\
         \"@signature-params\": (\"@method\" \"host\");created=1;keyid=\"k\"",
    );
    assert_eq!(
        signature_base(&message, &InnerList::default()).unwrap(),
        "\"@signature-params\": ()",
    );
}

#[test]
fn so_many_components_and_no_more_are_covered() {
    let names: Vec<String> = (0..=limits::HTTP_COMPONENTS).map(|at| format!("x-{at}")).collect();
    let fields: Vec<Field<'_>> = names.iter().map(|name| (name.as_str(), "v")).collect();
    let request = request(&fields);
    let base = |count: usize| {
        let all: Vec<String> = names[..count].iter().map(|name| format!("\"{name}\"")).collect();
        signature_base(&HttpMessage::Request(&request), &input(&all.join(" ")))
    };
    assert!(base(limits::HTTP_COMPONENTS).is_ok());
    assert_eq!(base(limits::HTTP_COMPONENTS + 1), Err(BaseError::TooMany));
}

/// RFC 9530, appendix D: digests of `{"hello": "world"}` and a line break.
const HELLO: &[u8] = b"{\"hello\": \"world\"}\n";
const SHA256: &str = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
const SHA512: &str = "sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZO\
                      tw8MjkM7iw7yZ/WkppmM44T3qg==:";

#[test]
fn sig_02_every_digest_must_be_of_the_body() {
    assert_eq!(content_digest(HELLO), SHA256);
    let both = format!("{SHA256}, {SHA512}");
    for good in [SHA256, SHA512, &both] {
        assert_eq!(check_content_digest(good, HELLO), Ok(()), "{good}");
        assert_eq!(check_content_digest(good, b"{}"), Err(DigestError::Mismatch), "{good}");
        assert_eq!(check_content_digest(good, b""), Err(DigestError::Mismatch), "{good}");
    }
    let other = content_digest(b"{}");
    let wrong = format!("{other}, {SHA512}");
    assert_eq!(check_content_digest(&wrong, HELLO), Err(DigestError::Mismatch));
    for (value, error) in [
        ("md5=:AAAA:".to_owned(), DigestError::Unsupported),
        (format!("{SHA256}, md5=:AAAA:"), DigestError::Unsupported),
        (format!("{SHA256}, sha=:AAAA:"), DigestError::Unsupported),
        (format!("{SHA256}, unixsum=:AAAA:"), DigestError::Unsupported),
        (SHA256.replace("sha-256", "sha-384"), DigestError::Unsupported),
        (SHA256.replace("sha-256", "SHA-256"), DigestError::Malformed),
        (SHA256.replace(":RK", ":"), DigestError::Malformed),
        (SHA256.replace(":RK/0", ":"), DigestError::Mismatch),
        (format!("{SHA256}, {SHA256}"), DigestError::Malformed),
        (SHA256.replace(':', "\""), DigestError::Malformed),
        ("sha-256=(:AAAA:)".into(), DigestError::Malformed),
        ("sha-256".into(), DigestError::Malformed),
        (String::new(), DigestError::Malformed),
        (" ".into(), DigestError::Malformed),
    ] {
        assert_eq!(check_content_digest(&value, HELLO), Err(error), "{value}");
    }
}
