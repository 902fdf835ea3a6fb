//! A connection to an SMSC, plain or secured.

use std::io;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::settings::{SmppSettings, SmppTls};
use crate::SettingsError;
use crate::settings::read;

/// Both directions of a connection.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Where an SMSC is, and how it proves itself.
pub(super) struct Address {
    address: String,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Address {
    /// Reads the files that the settings name; connects nowhere.
    pub(super) fn of(settings: &SmppSettings) -> Result<Self, SettingsError> {
        let tls = match &settings.tls {
            Some(tls) => Some(connector(tls, settings.host())?),
            None => None,
        };
        Ok(Self {
            address: settings.address.clone(),
            tls,
        })
    }

    pub(super) async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        let plain = TcpStream::connect(&self.address).await?;
        plain.set_nodelay(true)?;
        Ok(match &self.tls {
            Some((connector, name)) => Box::new(connector.connect(name.clone(), plain).await?),
            None => Box::new(plain),
        })
    }
}

fn connector(
    tls: &SmppTls,
    host: &str,
) -> Result<(TlsConnector, ServerName<'static>), SettingsError> {
    let mut roots = RootCertStore::empty();
    let found = match &tls.ca_file {
        Some(path) => CertificateDer::pem_slice_iter(&read(path)?)
            .filter_map(Result::ok)
            .collect(),
        None => rustls_native_certs::load_native_certs().certs,
    };
    roots.add_parsable_certificates(found);
    if roots.is_empty() {
        let why = "holds no PEM certificate";
        return Err(SettingsError::invalid("tls.ca_file", why));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| SettingsError::invalid("tls", e))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = tls.server_name.as_deref().unwrap_or(host).to_owned();
    let name = ServerName::try_from(name)
        .map_err(|_| SettingsError::invalid("tls.server_name", "is not a host name"))?;
    Ok((TlsConnector::from(Arc::new(config)), name))
}
