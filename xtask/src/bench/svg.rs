//! A picture of how many requests a second each answers.

use super::cases::Side;

const WIDTH: usize = 760;
const ROW: usize = 24;
const LEFT: usize = 290;
/// For the figure behind a bar.
const RIGHT: usize = 70;
const TOP: usize = 44;

/// In the colours of whatever page it is on.
const STYLE: &str = "\
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.ours { fill: #0a6b5c } .peer { fill: #9aa4af } .limit { fill: #d5b25e }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .ours { fill: #3fbfa8 } .peer { fill: #6b7682 } .limit { fill: #8c7434 }
}";

/// Bars in this order.
pub(super) fn bars(title: &str, bars: &[(&str, Side, f64)]) -> String {
    let height = TOP + ROW * bars.len() + 8;
    let longest = bars.iter().map(|(_, _, value)| *value).fold(0.0, f64::max);
    let scale = (WIDTH - LEFT - RIGHT) as f64 / longest;
    let rows: String = bars
        .iter()
        .enumerate()
        .map(|(row, (name, side, value))| bar(row, name, *side, *value, scale))
        .collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\" aria-label=\"{title}\">\n<style>\n{STYLE}\n</style>\n\
         <text class=\"title\" x=\"8\" y=\"24\">{title}</text>\n{rows}</svg>\n"
    )
}

fn bar(row: usize, name: &str, side: Side, value: f64, scale: f64) -> String {
    let (y, width) = (TOP + ROW * row, value * scale);
    let class = match side {
        Side::Ours => "ours",
        Side::Peer => "peer",
        Side::Limit => "limit",
    };
    format!(
        "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}</text>\
         <rect class=\"{class}\" x=\"{LEFT}\" y=\"{y}\" width=\"{width:.0}\" height=\"{}\" rx=\"2\"/>\
         <text x=\"{:.0}\" y=\"{}\">{value:.0}</text>\n",
        LEFT - 8,
        y + 14,
        ROW - 6,
        LEFT as f64 + width + 6.0,
        y + 14,
    )
}
