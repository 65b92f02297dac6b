//! Shows what the doctor finds on this computer, one finding after another, and the report that could be handed on.
//!
//! ```sh
//! cargo run -p countersign-agent --example doctor -- server.example.com:8013
//! ```

use countersign_agent::KEYCHAIN_SERVICE;
use countersign_agent::diagnostics::{Known, Material, ServerNames, bundle_text};
use countersign_agent::doctor::{
    ConfigurationFault, Limits, Progress, Remembered, Surroundings, Target, examine,
};
use countersign_trust::InvalidCertificateAction;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let target = match std::env::args().nth(1) {
        Some(server) => Ok(Target {
            server: server.parse()?,
            connect_to: None,
            action: InvalidCertificateAction::Warn,
            remembered: Remembered::Nothing,
        }),
        None => Err(ConfigurationFault::NoServer),
    };
    let around = Surroundings::of_this_computer(KEYCHAIN_SERVICE.to_owned());
    let report = examine(target, &around, Limits::default(), &|progress| match progress {
        Progress::Begun(check) => eprintln!("{check:?} …"),
        Progress::Found(finding) => eprintln!("{}", finding.code()),
    })
    .await;
    let material = Material { doctor: Some(report), ..Material::default() };
    println!("{}", bundle_text(&material, Known::of_this_process(), ServerNames::Hidden)?);
    Ok(())
}
