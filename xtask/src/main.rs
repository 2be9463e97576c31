//! The project's tasks: `cargo xtask TASK`.

mod api;
mod bench;
mod book;
mod bundle;
mod cluster;
mod containers;
mod deploy;
mod dist;
mod everything;
mod evidence;
mod faults;
mod fuzz;
mod image;
mod instructions;
mod local_paths;
mod migration;
mod miri;
mod mutants;
mod npm;
mod optimise;
mod package;
mod page;
mod process;
mod proxies;
mod redis_servers;
mod reference;
mod reproducible;
mod root;
mod schemas;
mod serve;
mod setup;
mod target_dir;
mod test;
mod users;
mod virtual_environment;
mod wheels;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
usage: cargo xtask TASK

  run [-- FLAGS]     build everything, make a first user, and serve; FLAGS go to `session-server serve`
  test [PART]        everything CI runs, or one part: lint, rust, instructions (of the hottest
                     operations, against what is kept), redis (the stores on Redis 8 and Valkey 9),
                     schemas (both listeners against their documents), deploy (what is in deploy/),
                     wasm, client, examples, toolchains (the package in bundlers, test
                     runners, TypeScript and older Node.js), proxies (the recipes of
                     examples/forward-auth), migration (from other libraries), book (what is typed
                     in docs/), web, fuzz; or what takes longer: `long`, the races and kills of the
                     rust part in full length and the package built twice, `faults`, everything
                     that befalls Redis, servers and the network between them, in full length,
                     `image`, the static build in a root that holds nothing else, `builds`, the
                     chapters that build a release, `containers`, the image and the compose file in
                     a real engine, `cluster`, the manifests in a real control plane, whose programs
                     are in the folder $KUBERNETES, `frameworks`, the package in Next.js, Nuxt,
                     SvelteKit, Astro and React Router, and `stories`, those of the page in each
                     browser on each store
  fuzz [SECONDS]     each fuzz target for so long; 60 s unless said otherwise
  bench [WHAT]       session checks and refusals under a storm of logins, and session checks
                     beside each abuse; or one of logins, neighbours, failovers (how long
                     servers are without a primary), sizing (memory and processor time of a
                     session), wasm (the npm package beside its peers, in every runtime), page
  bench server [SECONDS [ROUNDS]]
                     the server beside its peers and the limits, into docs/BENCHMARKS.md; 4 s for
                     each measurement and 3 rounds of all, unless said otherwise
  bench operations   how long the hottest operations take, by themselves in one process
  bench growth [SECONDS [ROUNDS]]
                     a session check with more sessions, servers, shards and connections, and what
                     a session takes of memory, into docs/GROWTH.md; likewise
  mutants [PACKAGE]  changes what holds rules, a thousand times, and has a test see each change: of
                     the packages that have some, or of one; takes hours
  miri               tests of the core under Miri, which wants Rust's nightly tool chain
  lint               formatting and lints of Rust and TypeScript
  book               the book in docs/, into target/book/
  api                the public API of each crate, into its public-api.txt
  reference          every setting, metric, event, error and log line, into docs/reference/
  evidence           which tests hold each requirement and each fault, into docs/evidence.md
  instructions       how many the hottest operations take, into bench/instructions/counts.txt
  package            the npm package, into session-wasm/package/
  dist [WHAT]        a release, into target/dist/: the static server, the npm tarball, what is in them
                     and its licences, and checksums; only where cargo-deny and npm have nothing
                     against it. Or one of gate, which is that alone, and files, for trying
  dist --without-npm-audit
                     where the npm registry is a mirror that audits nothing: the release says so
  web                the page, into session-http/page/, and the operations view, into
                     session-http/operations/
  screenshots        pictures of both, into web/screenshots/
  setup              what the tasks above need and would otherwise fetch on first use, but for dist,
                     whose tools take long to build";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match perform(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(args: &[&str]) -> Result<()> {
    match args {
        ["run"] => serve::start(&[]),
        ["run", "--", flags @ ..] => serve::start(flags),
        ["test"] => test::all(),
        ["test", part] => test::part(part),
        ["fuzz"] => fuzz::each_for("60"),
        ["fuzz", seconds] => fuzz::each_for(seconds),
        ["bench"] => bench::abuse(&[]),
        ["bench", name @ ("logins" | "neighbours" | "failovers" | "sizing")] => bench::abuse(&["--", name]),
        ["bench", "server"] => bench::server("4", "3"),
        ["bench", "server", seconds] => bench::server(seconds, "3"),
        ["bench", "server", seconds, rounds] => bench::server(seconds, rounds),
        ["bench", "operations"] => bench::operations(),
        ["bench", "growth"] => bench::growth("4", "3"),
        ["bench", "growth", seconds] => bench::growth(seconds, "3"),
        ["bench", "growth", seconds, rounds] => bench::growth(seconds, rounds),
        ["bench", "wasm"] => bench::wasm(),
        ["bench", "page"] => test::bench_page(),
        ["book"] => book::build(),
        ["mutants"] => mutants::hold(None),
        ["mutants", package] => mutants::hold(Some(package)),
        ["miri"] => miri::hold(),
        ["lint"] => test::part("lint"),
        ["api"] => api::write(),
        ["reference"] => reference::write(),
        ["evidence"] => evidence::write(),
        ["instructions"] => instructions::write(),
        ["package"] => package::assemble(),
        ["dist", args @ ..] => dist::perform(args),
        ["web"] => page::build(),
        ["screenshots"] => test::screenshots(),
        ["setup"] => everything::set_up(),
        _ => bail!("no such task\n\n{USAGE}"),
    }
}
