use session_core::{AuthenticStatement, StatementKeySet};
use wasm_bindgen::prelude::*;

use crate::{from_number, to_number};

#[wasm_bindgen(raw_module = "./verdicts.js")]
extern "C" {
    /// The object that JavaScript gets.
    pub type StatementVerdict;

    #[allow(clippy::too_many_arguments, reason = "an object with as many members is made of them")]
    fn verified(
        subject: &str,
        session_id: &str,
        issued_at: f64,
        expires_at: f64,
        authenticated_at: f64,
        idle_expires_at: f64,
        absolute_expires_at: f64,
        claims: &str,
        key_id: &str,
    ) -> StatementVerdict;
    fn refused(reason: &str) -> StatementVerdict;
}

/// The public keys of one issuer, ready to verify.
#[wasm_bindgen]
pub struct StatementKeys {
    keys: StatementKeySet,
    issuer: String,
}

#[wasm_bindgen]
impl StatementKeys {
    /// The keys in a JWK Set.
    ///
    /// # Errors
    /// When it is not a JWK Set, or an Ed25519 key in it is refused.
    #[wasm_bindgen(constructor)]
    pub fn new(jwks: &str, issuer: String) -> Result<Self, String> {
        let keys = StatementKeySet::from_json(jwks).map_err(|error| error.to_string())?;
        Ok(Self { keys, issuer })
    }

    /// Judges a statement.
    #[must_use]
    pub fn verify(&self, statement: &str, now: f64) -> StatementVerdict {
        match self.keys.verify(statement, &self.issuer, from_number(now)) {
            Ok(statement) => object(&statement),
            Err(refusal) => refused(refusal.code()),
        }
    }
}

fn object(statement: &AuthenticStatement) -> StatementVerdict {
    let claims = statement.claims();
    verified(
        &claims.subject,
        &claims.session_id.to_string(),
        to_number(claims.issued_at),
        to_number(claims.expires_at),
        to_number(claims.authenticated_at),
        to_number(claims.idle_expires_at),
        to_number(claims.absolute_expires_at),
        claims.claims.as_str(),
        statement.key_id().as_str(),
    )
}
