//! `proxy login` and `proxy logout`: user and password for the proxy, in the keychain.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write};
use std::sync::Arc;

use countersign_agent::doctor::{SettingsRoute, Target};
use countersign_agent::keychain::OperatingSystemKeychain;
use countersign_agent::proxy::{DesktopProxies, ProxyAddress, ProxyCredentials, ProxyLogin, ProxySettings};
use countersign_agent::{AgentConfiguration, Keychain, Secret};
use countersign_words::Words;

use super::ExitReason;
use super::commands::ProxyCommand;
use super::error::CommandError;
use super::runtime::within_threads;
use crate::start::configuration;

/// No line that is entered is longer, in bytes. More than a proxy takes.
const LONGEST_LINE: usize = 1024;

pub(super) fn proxy(
    words: &Words,
    command: &ProxyCommand,
    out: &mut dyn Write,
) -> Result<ExitReason, CommandError> {
    let (ProxyCommand::Login { locations, .. } | ProxyCommand::Logout { locations }) = command;
    let configuration = configuration(locations)?;
    let keychain: Arc<dyn Keychain> =
        Arc::new(OperatingSystemKeychain::new(configuration.keychain_service.clone()));
    let proxy = within_threads(set_up(&configuration, Arc::clone(&keychain)))??;
    let said = match command {
        ProxyCommand::Login { user, .. } => {
            let login = ask(words, &proxy, user.as_deref())?;
            within_threads(async { ProxyCredentials::new(keychain).store(&proxy, &login).await })??;
            words.command_line_logged_in(&proxy.to_string())
        }
        ProxyCommand::Logout { .. } => {
            within_threads(async { ProxyCredentials::new(keychain).forget(&proxy).await })??;
            words.command_line_logged_out(&proxy.to_string())
        }
    };
    writeln!(out, "{said}")?;
    Ok(ExitReason::Asked)
}

/// The proxy that the configuration names, or else the first that the desktop names for the server.
async fn set_up(
    configuration: &AgentConfiguration,
    keychain: Arc<dyn Keychain>,
) -> Result<ProxyAddress, CommandError> {
    if let ProxySettings::Configured { address, .. } = &configuration.proxy {
        return Ok(address.clone());
    }
    let target = tokio::task::block_in_place(|| Target::of_configuration(configuration))
        .map_err(|_| CommandError::NoProxy)?;
    let desktop = Arc::new(DesktopProxies);
    SettingsRoute::new(configuration.proxy.clone(), desktop, target.connect_to, keychain, None)
        .first_proxy(&target.server)
        .await
        .map_err(|detail| CommandError::ProxyNotClear { detail })?
        .ok_or(CommandError::NoProxy)
}

/// On the terminal, where the password is not shown. Elsewhere the password is a line of standard input, and the user has
/// been named.
fn ask(words: &Words, proxy: &ProxyAddress, user: Option<&str>) -> Result<ProxyLogin, CommandError> {
    let proxy = proxy.to_string();
    let terminal = io::stdin().is_terminal();
    let user = match user {
        Some(user) => Secret::new(user.to_owned()),
        None if terminal => {
            eprint!("{} ", words.command_line_user(&proxy));
            read_line()?
        }
        None => return Err(CommandError::UserMissing),
    };
    let password = if terminal {
        let prompt = format!("{} ", words.command_line_password(&proxy));
        Secret::new(rpassword::prompt_password(prompt).map_err(CommandError::Input)?)
    } else {
        read_line()?
    };
    Ok(ProxyLogin::new(user, password)?)
}

fn read_line() -> Result<Secret, CommandError> {
    // Never grows, so that no part of a password is left behind in memory.
    let mut line = String::with_capacity(LONGEST_LINE);
    io::stdin().lock().take(LONGEST_LINE as u64).read_line(&mut line).map_err(CommandError::Input)?;
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    Ok(Secret::new(line))
}
