//! Logs: one JSON object per line on Lambda, plain text elsewhere.

use tracing_subscriber::{
    Layer as _,
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// Starts logging, once per process; later calls change nothing.
///
/// The level is `LAMBDESK_LOG`, else what the template asks of Lambda
/// (`AWS_LAMBDA_LOG_LEVEL`), else `info`. Other people's crates tell from `warn` up
/// only: they log requests, which may hold personal text.
pub fn init() {
    let variable = |name| std::env::var(name).ok();
    let level = variable("LAMBDESK_LOG").or_else(|| variable("AWS_LAMBDA_LOG_LEVEL"));
    let filter = filter(level.as_deref());
    let layer = if variable("AWS_LAMBDA_FUNCTION_NAME").is_some() {
        let format = fmt::layer().with_ansi(false).json().flatten_event(true);
        format.with_span_list(false).with_target(true).boxed()
    } else {
        fmt::layer().with_ansi(false).with_writer(std::io::stderr).boxed()
    };
    let _ = tracing_subscriber::registry().with(layer.with_filter(filter)).try_init();
}

/// An unreadable level is `info`. The runtime's own span carries the request id.
fn filter(level: Option<&str>) -> Targets {
    let level = level.and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("lambdesk", level)
        // Its span carries the request's id; at TRACE it tells the raw event, which
        // holds keys, addresses and bodies.
        .with_target("lambda_runtime::layers", level.min(LevelFilter::DEBUG))
        // The embedded engine takes every refused condition for an error of its own.
        .with_target("dynoxide", level.min(LevelFilter::ERROR))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    #[test]
    fn our_own_crates_log_at_the_level_and_others_from_warn_up() {
        let filter = filter(Some("DEBUG"));
        assert!(filter.would_enable("lambdesk_fanout::handle", &Level::DEBUG));
        assert!(!filter.would_enable("hyper", &Level::INFO));
        assert!(filter.would_enable("hyper", &Level::WARN));
    }

    #[test]
    fn an_unreadable_level_is_info() {
        for level in [None, Some("loud")] {
            let filter = filter(level);
            assert!(filter.would_enable("lambdesk_sweep", &Level::INFO));
            assert!(!filter.would_enable("lambdesk_sweep", &Level::DEBUG));
        }
    }

    #[test]
    fn the_runtimes_raw_events_stay_out_even_at_the_finest_level() {
        let filter = filter(Some("trace"));
        assert!(filter.would_enable("lambdesk_api", &Level::TRACE));
        assert!(!filter.would_enable("lambda_runtime::layers::trace", &Level::TRACE));
        assert!(!filter.would_enable("dynoxide::server", &Level::WARN));
    }

    #[test]
    fn off_silences_everything() {
        assert!(!filter(Some("off")).would_enable("hyper", &Level::ERROR));
    }
}
