use crate::Error;
use reqwest::Url;

/// The addresses of a service: `…/v5`, and beside it `…/impstead/v1`.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    v5: Url,
    impstead: Url,
}

impl Endpoint {
    /// Reads an address as users write it: with or without `/v5` and slashes at its end.
    pub(crate) fn parse(address: &str) -> Result<Self, Error> {
        let invalid = |why: &str| Error::settings(format!("the endpoint `{address}` {why}"));
        let mut root = Url::parse(address.trim()).map_err(|error| invalid(&format!("is not a URL: {error}")))?;
        if !root.username().is_empty() || root.password().is_some() {
            return Err(Error::settings("the endpoint must not hold a user name or password"));
        }
        if !matches!(root.scheme(), "http" | "https") || !root.has_host() {
            return Err(invalid("is neither an http nor an https URL"));
        }
        if root.query().is_some() || root.fragment().is_some() {
            return Err(invalid("must not have a query or fragment"));
        }
        let path = root.path().trim_end_matches('/');
        let path = path.strip_suffix("/v5").unwrap_or(path).trim_end_matches('/').to_owned();
        root.set_path(&path);
        let below = |segments: &[&str]| {
            let mut url = root.clone();
            url.path_segments_mut().expect("http URLs have paths").pop_if_empty().extend(segments);
            url
        };
        Ok(Self { v5: below(&["v5"]), impstead: below(&["impstead", "v1"]) })
    }

    /// The canonical address, which ends in `/v5`.
    pub(crate) fn as_str(&self) -> &str {
        self.v5.as_str()
    }

    pub(crate) fn is_https(&self) -> bool {
        self.v5.scheme() == "https"
    }

    pub(crate) fn v5(&self, segments: &[&str]) -> Result<Url, Error> {
        below(&self.v5, segments)
    }

    pub(crate) fn impstead(&self, segments: &[&str]) -> Result<Url, Error> {
        below(&self.impstead, segments)
    }

    /// The path as shown in errors: without what comes before `/v5` or `/impstead/v1`.
    pub(crate) fn shown_path<'a>(&self, url: &'a Url) -> &'a str {
        let root = self.v5.path().len() - "/v5".len();
        let path = url.path().get(root..).unwrap_or(url.path());
        path.strip_prefix("/v5").unwrap_or(path)
    }
}

/// Appends segments, which may be any text. An empty one or a dot segment would name another resource than meant.
fn below(base: &Url, segments: &[&str]) -> Result<Url, Error> {
    if let Some(id) = segments.iter().find(|segment| matches!(**segment, "" | "." | "..")) {
        return Err(Error::InvalidId((*id).to_owned()));
    }
    let mut url = base.clone();
    url.path_segments_mut().expect("http URLs have paths").extend(segments);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_users_write_them() {
        for (written, canonical) in [
            ("https://api.example.net/v5", "https://api.example.net/v5"),
            ("https://api.example.net/v5/", "https://api.example.net/v5"),
            (" http://127.0.0.1:8080 ", "http://127.0.0.1:8080/v5"),
            ("http://127.0.0.1:8080//", "http://127.0.0.1:8080/v5"),
            ("https://example.net/imp/v5", "https://example.net/imp/v5"),
            ("https://example.net/imp", "https://example.net/imp/v5"),
        ] {
            let endpoint = Endpoint::parse(written).unwrap();
            assert_eq!(endpoint.as_str(), canonical);
            let url = endpoint.v5(&["products", "x"]).unwrap();
            assert_eq!(endpoint.shown_path(&url), "/products/x");
            assert_eq!(
                endpoint.impstead(&["audit"]).unwrap().as_str(),
                canonical.replace("/v5", "/impstead/v1") + "/audit"
            );
        }
        for written in ["", "example.net", "ftp://example.net", "https://u:p@example.net", "https://example.net/v5?x=1"]
        {
            assert!(Endpoint::parse(written).is_err(), "{written}");
        }
    }

    #[test]
    fn ids_are_any_text() {
        let endpoint = Endpoint::parse("http://h").unwrap();
        let url = endpoint.v5(&["devices", "0c:2a a/b?c#d%20é"]).unwrap();
        assert_eq!(url.as_str(), "http://h/v5/devices/0c:2a%20a%2Fb%3Fc%23d%2520%C3%A9");
        for id in ["", ".", ".."] {
            assert!(matches!(endpoint.v5(&["devices", id]), Err(Error::InvalidId(_))), "{id}");
        }
    }
}
