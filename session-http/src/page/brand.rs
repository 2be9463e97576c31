//! What an operator's page has of its own, as files beside it, since the policy of the page lets nothing stand in it.

use bytes::Bytes;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};

use super::logo::Logo;
use super::settings::PageSettings;
use crate::answer::Answer;

const COLOURS: &str = "brand/colours.css";

/// Their names stay while what they hold may change at a restart.
const FOR_MINUTES: &str = "public, max-age=300";

/// Whoever opens an image by its own address sees an image: nothing in it may run, load or send anything.
const IMAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

/// The files that there are, by their path beside the page.
pub(super) fn files(settings: &PageSettings) -> Vec<(&'static str, Answer)> {
    let logo = settings.logo.as_ref().map(|logo| (logo.name(), image(logo)));
    let colours = settings.accent.style_sheet().map(|sheet| (COLOURS, file("text/css", sheet.into())));
    logo.into_iter().chain(colours).collect()
}

/// The markup for the head of a page that finds our files at `base`; nothing where no colour is set.
pub(super) fn link(settings: &PageSettings, base: &str) -> String {
    let sheet = settings.accent.style_sheet();
    sheet.map(|_| format!("<link rel=\"stylesheet\" href=\"{base}{COLOURS}\">")).unwrap_or_default()
}

/// The markup of the logo, if there is one. The name of the service is beside it, in words.
pub(super) fn logo(settings: &PageSettings, base: &str) -> Option<String> {
    let logo = settings.logo.as_ref()?;
    Some(format!("<img class=\"logo\" src=\"{base}{}\" alt=\"\" height=\"28\">", logo.name()))
}

fn image(logo: &Logo) -> Answer {
    let mut answer = file(logo.media_type(), logo.bytes().clone());
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(IMAGE_POLICY));
    answer
}

fn file(media_type: &'static str, content: Bytes) -> Answer {
    let mut answer = Answer::new(content);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(FOR_MINUTES));
    answer
}
