//! A plain HTTP client with cookies that follows nothing by itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Once};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, redirect};
use serde_json::Value;

/// One visitor's browser.
#[derive(Clone, Debug)]
pub struct Browser {
    client: Client,
    base: String,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    /// A header's text, empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |v| v.to_str().unwrap_or(""))
    }

    /// Where a redirect leads.
    pub fn location(&self) -> &str {
        assert_eq!(self.status, 303, "no redirect: {}", self.text());
        self.header("location")
    }

    /// The value of the first field of this name in a page.
    pub fn field(&self, name: &str) -> String {
        let text = self.text();
        let mark = format!("name=\"{name}\" value=\"");
        let at = text
            .find(&mark)
            .unwrap_or_else(|| panic!("no {name} in {text}"));
        let rest = &text[at + mark.len()..];
        unescape(&rest[..rest.find('"').unwrap()])
    }

    /// Every hidden field of a page, in order.
    pub fn hidden(&self) -> Vec<(String, String)> {
        let text = self.text();
        let fields = text.split("<input type=\"hidden\" name=\"").skip(1);
        let read = |field: &str| {
            let (name, rest) = field.split_once("\" value=\"").unwrap();
            let (value, _) = rest.split_once('"').unwrap();
            (name.to_owned(), unescape(value))
        };
        fields.map(read).collect()
    }
}

fn unescape(text: &str) -> String {
    let mut plain = text.to_owned();
    for (escaped, raw) in [
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&#x2F;", "/"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ] {
        plain = plain.replace(escaped, raw);
    }
    plain
}

impl Browser {
    pub(crate) fn new(base: &str) -> Self {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self {
            client,
            base: base.to_owned(),
            cookies: Arc::default(),
        }
    }

    /// A visitor of any address.
    pub fn of(base: &str) -> Self {
        Self::new(base)
    }

    /// A cookie's value.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// Sets a cookie.
    pub fn set_cookie(&self, name: &str, value: &str) {
        let mut cookies = self.cookies.lock().unwrap();
        cookies.insert(name.to_owned(), value.to_owned());
    }

    /// Fetches a page.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Vec::new()).await
    }

    /// Sends a form as browsers without JavaScript do.
    pub async fn post(&self, path: &str, fields: &[(String, String)]) -> Answer {
        let kind = ("content-type", "application/x-www-form-urlencoded");
        self.send(Method::POST, path, &[kind], encode(fields).into_bytes())
            .await
    }

    /// Sends a form with a file; each part is name, file name (empty for a field) and bytes.
    pub async fn post_parts(&self, path: &str, parts: &[(&str, &str, &[u8])]) -> Answer {
        const BOUNDARY: &str = "a-boundary-that-is-in-no-part";
        let mut body = Vec::new();
        for (name, file, bytes) in parts {
            let file = match *file {
                "" => String::new(),
                file => format!("; filename=\"{file}\"\r\ncontent-type: application/octet-stream"),
            };
            let head = format!(
                "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        self.send(Method::POST, path, &[("content-type", &kind)], body)
            .await
    }

    /// Sends JSON.
    pub async fn json(&self, path: &str, body: &Value) -> Answer {
        self.json_with(&[], path, body).await
    }

    /// Sends JSON with further headers.
    pub async fn json_with(&self, more: &[(&str, &str)], path: &str, body: &Value) -> Answer {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(more);
        self.send(Method::POST, path, &headers, body.to_string().into_bytes())
            .await
    }

    /// Sends anything.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        self.try_send(method, path, headers, body).await.unwrap()
    }

    /// Sends anything; the server may be gone.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> reqwest::Result<Answer> {
        let url = format!("{}{path}", self.base);
        let mut request = self.client.request(method, url).body(body);
        let cookies = self.cookies.lock().unwrap().clone();
        if !cookies.is_empty() {
            let all: Vec<String> = cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
            request = request.header("cookie", all.join("; "));
        }
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request = request.header(name, HeaderValue::from_str(value).unwrap());
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        self.keep(&headers);
        let body = response.bytes().await?.to_vec();
        let answer = Answer {
            status,
            headers,
            body,
        };
        let wordless = answer.text().contains("Unknown localization key");
        assert!(!wordless, "{path}: {}", answer.text());
        Ok(answer)
    }

    fn keep(&self, headers: &HeaderMap) {
        for cookie in headers.get_all("set-cookie") {
            let text = cookie.to_str().unwrap();
            let (name, rest) = text.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            self.set_cookie(name, value);
        }
    }
}

/// Fields as `application/x-www-form-urlencoded`.
pub(crate) fn encode(fields: &[(String, String)]) -> String {
    let pair = |(name, value): &(String, String)| format!("{}={}", escape(name), escape(value));
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
