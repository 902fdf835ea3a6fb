//! `cargo xtask`: everything a developer or a build machine does with this repository.
//!
//! Each command installs what it needs and only what is missing, says so in one line, and shows
//! the output of the long programs it runs.

mod bench;
mod fuzz;
mod peers;
mod plugins;
mod run;
mod setup;
mod shell;
mod test;
mod web;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Set-up, plugin builds, run, test, bench, fuzz, peers"
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what `run`, `test` and `peers` need and this machine lacks
    Setup,
    /// Build the provinces' plugins from source into <target>/plugins
    Plugins,
    /// Bundle the browser code of server/web into server/web/dist
    Web,
    /// Build everything, seed a demo folder on first use, and serve it
    Run(run::Options),
    /// Run every test against real peers; further words filter tests by name
    Test {
        /// Words that a test's name must contain, or options of the test runner
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        filters: Vec<String>,
    },
    /// Measure release builds, each figure beside its limit
    Bench(bench::Options),
    /// Try what strangers send at random, with libFuzzer
    Fuzz(fuzz::Options),
    /// Print the Python interpreter that peers and checks use
    Python,
    /// Start a database, a browser driver, a mail server and two SMSCs, and keep them until Ctrl-C
    Peers,
}

fn main() -> ExitCode {
    match perform(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> anyhow::Result<()> {
    let root = shell::root();
    match task {
        Task::Setup => setup::ensure(setup::Need::Test),
        Task::Plugins => plugins::build(&root),
        Task::Web => {
            setup::ensure(setup::Need::Run)?;
            web::build(&root)
        }
        Task::Run(options) => run::run(&root, &options),
        Task::Test { filters } => test::run(&root, &filters),
        Task::Bench(options) => bench::run(&root, &options),
        Task::Fuzz(options) => fuzz::run(&root, &options),
        Task::Python => {
            shell::say(&setup::peers_python()?.display().to_string());
            Ok(())
        }
        Task::Peers => peers::hold(&root),
    }
}
