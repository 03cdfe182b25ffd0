//! Certificate and key of the listener, and the same renewed while it listens.
//!
//! Knows no HTTP. A newcomer may ask why a handshake is no step of its own: whoever dawdles over it must
//! hold up nobody else, and so it happens when the connection is first read.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{ServerConfig, version};

use crate::config::Certificate;

/// What speaks TLS.
#[derive(Clone)]
pub(super) struct Tls {
    acceptor: TlsAcceptor,
    held: Arc<Held>,
}

/// The certificate that is shown.
#[derive(Debug)]
struct Held(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Held {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(
            &self.0.read().unwrap_or_else(PoisonError::into_inner),
        ))
    }
}

impl Tls {
    /// Reads certificate and key.
    ///
    /// # Errors
    /// In words that hold nothing of the key.
    pub(super) fn load(files: &Certificate) -> Result<Tls, String> {
        let held = Arc::new(Held(RwLock::new(Arc::new(read(files)?))));
        let versions = [&version::TLS13, &version::TLS12];
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Held>::clone(&held);
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&versions)
            .map_err(|error| format!("TLS cannot begin: {error}"))?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Tls {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            held,
        })
    }

    /// Shows what the files hold now.
    pub(super) fn renew(&self, files: &Certificate) -> Result<(), String> {
        let next = Arc::new(read(files)?);
        *self.held.0.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    pub(super) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }
}

fn read(files: &Certificate) -> Result<CertifiedKey, String> {
    let wrong = |path: &Path, what: &str| format!("`{}` {what}", path.display());
    let path = &files.certificate;
    let chain = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| wrong(path, &format!("cannot be read: {error}")))?;
    if chain.is_empty() {
        return Err(wrong(path, "holds no certificate"));
    }
    let path = &files.key;
    let key = PrivateKeyDer::from_pem_file(path)
        .map_err(|error| wrong(path, &format!("holds no key that can be read: {error}")))?;
    let key = ring::sign::any_supported_type(&key)
        .map_err(|_| wrong(path, "holds a key of a kind that is not known"))?;
    let certified = CertifiedKey::new(chain, key);
    certified.keys_match().map_err(|_| {
        let certificate = files.certificate.display();
        wrong(
            path,
            &format!("is not the key of the certificate in `{certificate}`"),
        )
    })?;
    Ok(certified)
}
