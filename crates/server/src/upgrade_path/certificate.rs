//! Whether agents find the SSL certificate valid, and who says so: this computer, or the agents themselves.

/// The SSL certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CertificateFact {
    /// There is none.
    None,
    Present {
        here: FoundHere,
        agents: Verdicts,
        how: How,
        /// Whole days until it expires; less than none when it has.
        days_left: i64,
    },
}

/// What this computer finds, under the name of this server and with its own roots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FoundHere {
    Valid,
    /// The name under which agents reach this server is not known here.
    NameNotKnown,
    /// With the codes of what is wrong.
    NotValid(String),
}

/// What agents have said of a certificate of late, shown it or in a rehearsal. Each counts once, by what it said last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdicts {
    pub(crate) valid: u64,
    pub(crate) not_valid: u64,
    /// Connected, could be asked, and have not said anything.
    pub(crate) silent: u64,
}

impl Verdicts {
    pub(crate) fn judged(self) -> u64 {
        self.valid + self.not_valid
    }
}

/// How the certificate was got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Automated,
    Uploaded,
}

/// What all this comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finding {
    /// As far as anybody has said.
    Valid,
    /// An agent has said otherwise, or nobody can tell.
    Doubtful,
}

impl CertificateFact {
    /// Whether agents would find it valid: none of them says otherwise, and this computer or all of them say so.
    pub(crate) fn is_valid(&self) -> bool {
        self.finding() == Finding::Valid
    }

    /// Whether somebody finds it valid, whatever others say.
    pub(crate) fn is_valid_somewhere(&self) -> bool {
        match self {
            Self::None => false,
            Self::Present { here, agents, days_left, .. } => {
                *days_left >= 0 && (*here == FoundHere::Valid || agents.valid > 0)
            }
        }
    }

    /// Whether an agent has said so, and none the contrary.
    pub(crate) fn is_valid_to_agents(&self) -> bool {
        matches!(self, Self::Present { agents, .. } if agents.valid > 0 && agents.not_valid == 0)
    }

    /// So many days are left, at least.
    pub(crate) fn lasts(&self, days: i64) -> bool {
        matches!(self, Self::Present { days_left, .. } if *days_left >= days)
    }

    fn finding(&self) -> Finding {
        let Self::Present { here, agents, days_left, .. } = self else { return Finding::Doubtful };
        // Agents may have roots that this computer has not: what all of them say counts for more.
        let all_agents = agents.valid > 0 && agents.silent == 0;
        if *days_left >= 0 && agents.not_valid == 0 && (*here == FoundHere::Valid || all_agents) {
            Finding::Valid
        } else {
            Finding::Doubtful
        }
    }

    /// Who says what of it, of so many endpoints, in whole sentences.
    pub(crate) fn said(&self, endpoints: u64) -> String {
        let Self::Present { here, agents, days_left, .. } = self else {
            return "There is no SSL certificate.".to_owned();
        };
        if *days_left < 0 {
            return "It has expired.".to_owned();
        }
        let judged = agents.judged();
        let of = format!("{judged} of {}", super::endpoints(endpoints));
        match (here, agents.not_valid) {
            (FoundHere::Valid, 0) if judged == 0 => {
                "Only this computer has judged it, and finds it valid. Rehearse it, so that agents say so themselves.".to_owned()
            }
            (_, 0) if judged == 0 => format!("{} No agent has judged it.", on_its_own(here)),
            (FoundHere::Valid, 0) => {
                format!("This computer finds it valid, and so does every agent that has judged it: {of}.")
            }
            (_, 0) => {
                let rest = match agents.silent {
                    0 => String::new(),
                    1 => " 1 connected endpoint has not judged it: rehearse it.".to_owned(),
                    silent => format!(" {silent} connected endpoints have not judged it: rehearse it."),
                };
                format!("Every agent that has judged it finds it valid: {of}. {}{rest}", on_its_own(here))
            }
            (_, not_valid) => {
                let find = if not_valid == 1 { "finds" } else { "find" };
                format!(
                    "{not_valid} of {} that {} judged it {find} it not valid. {}",
                    super::endpoints(judged),
                    if judged == 1 { "has" } else { "have" },
                    on_its_own(here)
                )
            }
        }
    }
}

fn on_its_own(here: &FoundHere) -> String {
    match here {
        FoundHere::Valid => "This computer finds it valid.".to_owned(),
        FoundHere::NameNotKnown => {
            "Whether this computer finds it valid depends on the name of this server, which is not \
                                    known: set “server_name” in the configuration."
                .to_owned()
        }
        FoundHere::NotValid(codes) => format!("This computer finds it not valid ({codes})."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_who_finds_it_valid() {
        let flawed = || FoundHere::NotValid("untrusted_root".to_owned());
        let verdicts = |valid, not_valid, silent| Verdicts { valid, not_valid, silent };
        let only_here = "Only this computer has judged it, and finds it valid.";
        let both =
            "This computer finds it valid, and so does every agent that has judged it: 7 of 20 endpoints.";
        // What this computer finds, what agents have said, days left; whether it is valid, and somewhere, and what is said.
        for (here, agents, days_left, is_valid, somewhere, said) in [
            (FoundHere::Valid, verdicts(0, 0, 20), 90, true, true, only_here),
            (FoundHere::Valid, verdicts(7, 0, 13), 90, true, true, both),
            // One agent that says no counts for more than this computer and all the others.
            (
                FoundHere::Valid,
                verdicts(0, 1, 0),
                90,
                false,
                true,
                "1 of 1 endpoint that has judged it finds it not valid.",
            ),
            (
                FoundHere::Valid,
                verdicts(9, 1, 9),
                90,
                false,
                true,
                "1 of 10 endpoints that have judged it finds it not valid.",
            ),
            (
                FoundHere::Valid,
                verdicts(9, 2, 9),
                90,
                false,
                true,
                "2 of 11 endpoints that have judged it find it not valid.",
            ),
            (FoundHere::Valid, verdicts(20, 0, 0), -1, false, false, "It has expired."),
            // One that says yes is not enough where this computer says no.
            (
                flawed(),
                verdicts(1, 0, 19),
                90,
                false,
                true,
                "19 connected endpoints have not judged it: rehearse it.",
            ),
            (
                flawed(),
                verdicts(19, 0, 1),
                90,
                false,
                true,
                "1 connected endpoint has not judged it: rehearse it.",
            ),
            (
                flawed(),
                verdicts(20, 0, 0),
                90,
                true,
                true,
                "20 of 20 endpoints. This computer finds it not valid (untrusted_root).",
            ),
            (flawed(), verdicts(0, 0, 0), 90, false, false, "(untrusted_root). No agent has judged it."),
            (
                flawed(),
                verdicts(3, 17, 0),
                90,
                false,
                true,
                "17 of 20 endpoints that have judged it find it not valid.",
            ),
            (
                FoundHere::NameNotKnown,
                verdicts(0, 0, 1),
                90,
                false,
                false,
                "set “server_name” in the configuration. No agent",
            ),
            (
                FoundHere::NameNotKnown,
                verdicts(1, 0, 0),
                90,
                true,
                true,
                "1 of 20 endpoints. Whether this computer",
            ),
        ] {
            let fact = CertificateFact::Present { here, agents, how: How::Uploaded, days_left };
            assert_eq!((fact.is_valid(), fact.is_valid_somewhere()), (is_valid, somewhere), "{fact:?}");
            assert!(fact.said(20).contains(said), "{}", fact.said(20));
        }
        assert!(!CertificateFact::None.is_valid() && !CertificateFact::None.is_valid_somewhere());
    }
}
