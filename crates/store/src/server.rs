//! Which PostgreSQL server, and how the way there is secured.
//!
//! TLS goes by the URL's `sslmode`, as in PostgreSQL's own client library: `disable`; `prefer` (the default: encrypted
//! if the server can); `require` (encrypted); `verify-full` (encrypted, and the server proves its name by a certificate
//! that the system trusts, or that the file `sslrootcert` vouches for). With `sslrootcert`, `require` verifies too.
//! `verify-ca` is taken as `verify-full`.

use crate::StoreError;
use postgres::config::{Config, Host, SslMode};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use std::{sync::Arc, time::Duration};
use tokio_postgres_rustls::MakeRustlsConnect;

#[derive(Clone)]
pub(crate) struct Server {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl Server {
    pub fn new(url: &str) -> Result<Self, StoreError> {
        let Url { rest, mode, root_certificate } = Url::split(url);
        let mut config: Config = rest.parse().map_err(StoreError::unavailable)?;
        config.connect_timeout(Duration::from_secs(10)).application_name("impstead");
        // A connection that died silently is noticed after a minute, not after two hours.
        config.keepalives_idle(Duration::from_secs(30)).keepalives_interval(Duration::from_secs(10));
        config.tcp_user_timeout(Duration::from_secs(60));
        let verify = match mode.as_deref() {
            None | Some("prefer") => {
                config.ssl_mode(SslMode::Prefer);
                false
            }
            Some("disable") => {
                config.ssl_mode(SslMode::Disable);
                false
            }
            Some("require") => {
                config.ssl_mode(SslMode::Require);
                root_certificate.is_some()
            }
            Some("verify-full" | "verify-ca") => {
                config.ssl_mode(SslMode::Require);
                true
            }
            Some(other) => return Err(StoreError::unavailable(format!("unknown sslmode `{other}` in the URL"))),
        };
        if config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_))) {
            // TLS is for the network; a socket file has no name to check a certificate against.
            config.ssl_mode(SslMode::Disable);
        }
        let tls = match config.get_ssl_mode() {
            SslMode::Disable => None,
            _ => Some(MakeRustlsConnect::new(tls(verify, root_certificate.as_deref())?)),
        };
        Ok(Self { config, tls })
    }

    /// Opens a connection. Blocks.
    pub fn connect(&self) -> Result<postgres::Client, StoreError> {
        match &self.tls {
            None => self.config.connect(postgres::NoTls),
            Some(tls) => self.config.connect(tls.clone()),
        }
        .map_err(StoreError::unavailable)
    }
}

/// A URL without the parameters that the driver does not know.
#[derive(Debug, PartialEq, Eq)]
struct Url {
    rest: String,
    mode: Option<String>,
    root_certificate: Option<String>,
}

impl Url {
    fn split(url: &str) -> Self {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut root_certificate) = (None, None);
        let mut others = Vec::new();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value.to_owned()),
                Some(("sslrootcert", value)) => root_certificate = Some(percent_decoded(value)),
                _ => others.push(parameter),
            }
        }
        let separator = if others.is_empty() { "" } else { "?" };
        Self { rest: format!("{base}{separator}{}", others.join("&")), mode, root_certificate }
    }
}

fn percent_decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(&part.as_bytes()[2..]);
            }
            None => bytes.extend([b"%", part.as_bytes()].concat()),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn tls(verify: bool, root_certificate: Option<&str>) -> Result<ClientConfig, StoreError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(StoreError::unavailable)?;
    if !verify {
        let anyone = Arc::new(Anyone(provider));
        return Ok(builder.dangerous().with_custom_certificate_verifier(anyone).with_no_client_auth());
    }
    let mut roots = RootCertStore::empty();
    if let Some(path) = root_certificate {
        let file = |cause| StoreError::unavailable(format!("cannot read the certificate file {path}: {cause}"));
        for certificate in CertificateDer::pem_file_iter(path).map_err(file)? {
            roots.add(certificate.map_err(file)?).map_err(StoreError::unavailable)?;
        }
    } else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if roots.is_empty() {
        return Err(StoreError::unavailable("there are no root certificates to verify the database server with"));
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Takes any certificate, as long as the server holds its key: what `prefer` and `require` mean.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if end_entity.is_empty() {
            return Err(CertificateError::BadEncoding.into());
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_parameters_are_taken_out_of_the_url() {
        let check = |url: &str, rest: &str, mode: Option<&str>, root: Option<&str>| {
            let expected =
                Url { rest: rest.into(), mode: mode.map(Into::into), root_certificate: root.map(Into::into) };
            assert_eq!(Url::split(url), expected, "{url}");
        };
        check("postgres://a@b/c", "postgres://a@b/c", None, None);
        check("postgres://a@b/c?sslmode=require", "postgres://a@b/c", Some("require"), None);
        check(
            "postgres://a@b/c?options=-cx%3Dy&sslmode=verify-full&sslrootcert=%2Fetc/our%20ca%.pem",
            "postgres://a@b/c?options=-cx%3Dy",
            Some("verify-full"),
            Some("/etc/our ca%.pem"),
        );
    }

    #[test]
    fn a_server_needs_a_known_sslmode_and_readable_certificates() {
        for mode in ["disable", "prefer", "require", "verify-full", "verify-ca"] {
            let server = Server::new(&format!("postgres://a@b/c?sslmode={mode}"));
            // A machine without system certificates cannot verify anything.
            assert!(server.is_ok() || mode.starts_with("verify"), "{mode}");
        }
        assert!(Server::new("postgres://a@b/c?sslmode=allow").is_err());
        assert!(Server::new("postgres://a@b/c?sslmode=verify-full&sslrootcert=/nowhere.pem").is_err());
    }
}
