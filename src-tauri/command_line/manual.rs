//! The manual page and the completions, from the definition of the command line.

use std::io::{self, Write};

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};

use super::{CommandLine, ExitReason};

const NAME: &str = "countersign";

/// Writes the completions for a shell.
pub fn completions(shell: Shell, out: &mut dyn Write) -> io::Result<()> {
    let mut written = Vec::new();
    clap_complete::generate(shell, &mut CommandLine::command(), NAME, &mut written);
    out.write_all(&written)
}

/// Writes the manual page `countersign(1)`: one page with all commands.
pub fn manual(out: &mut dyn Write) -> io::Result<()> {
    let mut command = CommandLine::command().disable_help_subcommand(true);
    command.build();
    let page = Man::new(command.clone()).title(NAME).section("1").manual("Countersign");
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    page.render_options_section(out)?;
    let mut rest = Roff::new();
    rest.control("SH", ["COMMANDS"]);
    describe(&command, &mut rest);
    rest.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in ExitReason::TABLE {
        term(&mut rest, &code.to_string(), meaning);
    }
    rest.control("SH", ["ENVIRONMENT"]);
    term(&mut rest, "COUNTERSIGN_LOG", "How much is logged to standard error, for example debug.");
    rest.control("SH", ["FILES"]);
    for (file, meaning) in [
        ("/etc/countersign/agent.toml", "The configuration of the computer. It outranks the person’s."),
        (
            "/etc/countersign/recovery/*.countersign-recovery",
            "Recovery files that are put in place for the computer.",
        ),
        ("~/.config/countersign/agent.toml", "The configuration of the person."),
        ("~/.local/state/countersign", "What is kept and not secret. The rest is in the keychain."),
        ("$XDG_RUNTIME_DIR/countersign/control.sock", "The control socket of the running instance."),
    ] {
        term(&mut rest, file, meaning);
    }
    rest.to_writer(out)
}

/// Every command that does something, with what can be given to it.
fn describe(command: &Command, page: &mut Roff) {
    for command in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        if command.has_subcommands() {
            describe(command, page);
            continue;
        }
        let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
        let usage = command.clone().render_usage().to_string();
        let arguments = usage.trim().strip_prefix("Usage: ").and_then(|usage| usage.strip_prefix(name));
        page.control("SS", [name]);
        page.text([bold(name), roman(arguments.unwrap_or_default())]);
        page.control("PP", []);
        page.text([roman(about(command.get_long_about().or_else(|| command.get_about())))]);
        for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
            if ["help", "version"].contains(&argument.get_id().as_str()) {
                continue;
            }
            page.control("TP", []);
            let value = argument.get_value_names().and_then(<[_]>::first);
            let takes_value = argument.get_action().takes_values();
            match (argument.get_long(), value.filter(|_| takes_value)) {
                (Some(long), Some(value)) => {
                    page.text([bold(format!("--{long}")), roman(" "), italic(value.as_str())]);
                }
                (Some(long), None) => {
                    page.text([bold(format!("--{long}"))]);
                }
                (None, value) => {
                    page.text([italic(
                        value.map_or_else(|| argument.get_id().as_str(), |value| value.as_str()),
                    )]);
                }
            }
            page.text([roman(about(argument.get_long_help().or_else(|| argument.get_help())))]);
        }
    }
}

fn about(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(ToString::to_string).unwrap_or_default()
}

fn term(page: &mut Roff, term: &str, meaning: &str) {
    page.control("TP", []);
    page.text([bold(term)]);
    page.text([roman(meaning)]);
}
