use alloc::{format, string::String};

/// A URL that names no server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a ws, wss, http or https URL with a plain host")]
pub struct BadUrl;

/// Returns the name by which a server at this URL is known: `https://imp.example.net`, `http://192.0.2.7:8080`.
///
/// It is the URL's origin with `ws` read as `http` and `wss` as `https`, the host in lower case, and no port where it is
/// the scheme's own. The device signs the name of the server it was told to connect to, and the server compares it with
/// its own names, so that a signature made for one server is worth nothing at another.
pub fn server_identity(url: &str) -> Result<String, BadUrl> {
    let (scheme, rest) = url.split_once("://").ok_or(BadUrl)?;
    let (scheme, default_port) = match scheme.to_ascii_lowercase().as_str() {
        "http" | "ws" => ("http", 80),
        "https" | "wss" => ("https", 443),
        _ => return Err(BadUrl),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let bracket = authority.rfind(']').unwrap_or(0);
    let (host, port) = match authority[bracket..].rfind(':') {
        Some(colon) => (&authority[..bracket + colon], &authority[bracket + colon + 1..]),
        None => (authority, ""),
    };
    let host = host.to_ascii_lowercase();
    if !is_host(host.as_bytes()) || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(BadUrl);
    }
    let port: u16 = if port.is_empty() { default_port } else { port.parse().map_err(|_| BadUrl)? };
    match port {
        0 => Err(BadUrl),
        port if port == default_port => Ok(format!("{scheme}://{host}")),
        port => Ok(format!("{scheme}://{host}:{port}")),
    }
}

fn is_host(host: &[u8]) -> bool {
    match host {
        [b'[', address @ .., b']'] => {
            !address.is_empty() && address.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b':' | b'.'))
        }
        name => {
            (1..=200).contains(&name.len())
                && name.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'.' | b'-' | b'_'))
        }
    }
}

/// Says whether bytes can name a server on the line: at least one, all of them visible ASCII.
pub(crate) fn is_plain(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::server_identity;

    #[test]
    fn a_server_has_one_name_however_its_url_is_written() {
        for (url, name) in [
            ("wss://imp.example.net/impstead/v1/device", "https://imp.example.net"),
            ("https://imp.example.net", "https://imp.example.net"),
            ("HTTPS://Imp.Example.NET:443/", "https://imp.example.net"),
            ("wss://imp.example.net:8443?x=1", "https://imp.example.net:8443"),
            ("ws://imp.example.net:443", "http://imp.example.net:443"),
            ("ws://127.0.0.1:080/", "http://127.0.0.1"),
            ("http://[2001:DB8::1]:8080/a", "http://[2001:db8::1]:8080"),
            ("http://[::1]", "http://[::1]"),
            ("http://localhost:", "http://localhost"),
        ] {
            assert_eq!(server_identity(url).as_deref(), Ok(name), "{url}");
            assert_eq!(server_identity(name).as_deref(), Ok(name), "{name}");
        }
        for url in [
            "",
            "imp.example.net",
            "ftp://imp.example.net",
            "https://",
            "https://:443",
            "https://user@imp.example.net",
            "https://imp.example.net:0",
            "https://imp.example.net:65536",
            "https://imp.example.net:+1",
            "https://imp example.net",
            "https://ïmp.example.net",
            "https://[::1",
            "https://::1]",
            "https://[]",
            "https://a:b:1",
        ] {
            assert!(server_identity(url).is_err(), "{url}");
        }
    }
}
