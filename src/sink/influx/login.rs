//! Who we are to a database.
//!
//! Knows no request but the header that it signs. A newcomer may ask why a credential is read here
//! and not once for all: it is read again when the server does not take it, so that a new token in
//! its file is found without a restart.

use reqwest::RequestBuilder;
use reqwest::header::{AUTHORIZATION, HeaderValue};

use crate::config::{InfluxLogin, SecretRef};
use crate::secret::Secret;

use super::Fault;

/// A credential as it is sent.
#[derive(Debug)]
pub(super) enum Credential {
    None,
    Token(Secret),
    User { name: String, password: Secret },
}

impl Credential {
    /// Reads it where the configuration says it is.
    ///
    /// # Errors
    /// A variable that is not set, a file that cannot be read.
    pub(super) fn read(login: &InfluxLogin) -> Result<Credential, Fault> {
        Ok(match login {
            InfluxLogin::None => Credential::None,
            InfluxLogin::Token(from) => Credential::Token(secret(from)?),
            InfluxLogin::User { name, password } => Credential::User {
                name: name.clone(),
                password: secret(password)?,
            },
        })
    }

    /// The token for `influxdb2`, which makes a header of it; empty without one.
    pub(super) fn token(&self) -> &str {
        match self {
            Credential::Token(token) => token.open(),
            Credential::None | Credential::User { .. } => "",
        }
    }

    /// The request with it. InfluxDB 2 and 3 both take `Token`.
    pub(super) fn sign(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Credential::None => request,
            Credential::User { name, password } => request.basic_auth(name, Some(password.open())),
            Credential::Token(token) => {
                let Ok(mut value) = HeaderValue::from_str(&format!("Token {}", token.open()))
                else {
                    // Without one the server says that it is not let in, which is true.
                    return request;
                };
                value.set_sensitive(true);
                request.header(AUTHORIZATION, value)
            }
        }
    }
}

fn secret(from: &SecretRef) -> Result<Secret, Fault> {
    from.read().map_err(Fault::settings)
}
