//! The listener for administrators and back ends, if there is to be one.

use session_http::{App, Lifecycle, Limits, Management, ManagementTokens, RequestLog, TrustedProxies, serve};
use tokio::net::TcpListener;

use crate::metrics::Metrics;
use crate::reload::Watched;
use crate::settings::Settings;
use crate::{Result, management_tokens};

/// Where it listens, and for whom.
pub(crate) struct ManagementListener {
    listener: TcpListener,
    tokens: ManagementTokens,
    token_file: Watched,
}

/// What of it can be read again while it serves.
pub(crate) struct TokenFile {
    management: Management,
    pub(crate) file: Watched,
}

impl ManagementListener {
    /// As it is set, or none.
    pub(crate) async fn open(settings: &Settings) -> Result<Option<Self>> {
        let (address, token_file) = match (&settings.manage, &settings.management_tokens) {
            (None, None) => return Ok(None),
            (Some(address), Some(token_file)) => (address, Watched::new(token_file)),
            (Some(_), None) => {
                return Err("`--manage` needs `--management-tokens FILE`: who may manage?".into());
            }
            (None, Some(_)) => {
                return Err("`--management-tokens` needs `--manage ADDRESS`: where to listen?".into());
            }
        };
        let tokens = management_tokens::load(token_file.path())?;
        let listener = address.bind().await;
        let listener =
            listener.map_err(|error| format!("cannot listen on {address} for management: {error}"))?;
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
            tracing::warn!(%address, "management listens beyond this machine, and its tokens travel in clear: let nobody else into that network");
        }
        tracing::info!(%address, "management");
        Ok(Some(Self { listener, tokens, token_file }))
    }

    /// Serves the management of this application until its lifecycle stops.
    pub(crate) fn start(
        self,
        app: &App,
        metrics: Metrics,
        limits: Limits,
    ) -> (TokenFile, impl Future<Output = ()> + use<>) {
        let management = Management::new(app, self.tokens).metrics(move || metrics.render());
        let lifecycle: Lifecycle = app.lifecycle().clone();
        // Nobody stands between: an address is that of the connection.
        let service = warp::service(session_http::warp::management(&management));
        #[cfg(feature = "otlp")]
        let service = crate::otlp::Traced::new(service);
        let service = RequestLog::new(service, TrustedProxies::default());
        let serving = serve(self.listener, service, lifecycle, limits);
        (TokenFile { management, file: self.token_file }, serving)
    }
}

impl TokenFile {
    /// Goes on with what is in the file now, or as before when that cannot be read.
    pub(crate) fn read_again(&self) {
        match management_tokens::load(self.file.path()) {
            Ok(tokens) => {
                self.management.change_tokens(tokens);
                tracing::info!("management tokens are read again");
            }
            Err(error) => {
                tracing::error!(%error, "management tokens are not read again, and those of before go on: mend the file");
            }
        }
    }
}
