//! Which rows of endpoints a statement is about.

use sea_orm::Value;

use super::{Concerned, Place, Scan, Stretch};

/// Conditions, and the values in them.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    pub(super) texts: Vec<String>,
    pub(super) values: Vec<Value>,
}

impl Conditions {
    /// Those that hold for the endpoints of a stretch.
    pub(super) fn of(scan: &Scan<'_>, stretch: &Stretch) -> Self {
        let mut all = Self { texts: vec!["e.deregistered = FALSE".to_owned()], values: Vec::new() };
        if let Concerned::Profiles(profiles) = scan.concerned {
            // Identifiers of ours, in a form that holds no quotes.
            let list: Vec<String> = profiles.iter().map(|id| format!("'{id}'")).collect();
            // Cast, so that SQLite follows the index of the order: by the one of the profiles it would sort all for each stretch.
            all.texts.push(format!("CAST(e.profile_id AS TEXT) IN ({})", list.join(", ")));
        }
        match (stretch, scan.concerned) {
            (Stretch::ByName { after, last }, _) => {
                if let Some(after) = after {
                    all.after(after);
                }
                if let Some((host_name, id)) = last {
                    let (host_name, id) = (all.place(host_name), all.place(id));
                    all.texts.push(format!(
                        "e.host_name <= {host_name} AND (e.host_name < {host_name} OR e.id <= {id})"
                    ));
                }
            }
            (Stretch::Named { places, .. }, Concerned::Endpoints(named)) => {
                let some = named.get(places.clone()).unwrap_or_default();
                all.is_one_of("e.id", some.iter().map(|named| Some(named.endpoint.as_str())));
            }
            (Stretch::Named { .. }, Concerned::All | Concerned::Profiles(_)) => {
                all.texts.push("FALSE".to_owned());
            }
        }
        all
    }

    pub(super) fn after(&mut self, (host_name, id): &Place) {
        let (host_name, id) = (self.place(host_name), self.place(id));
        self.texts.push(format!("e.host_name >= {host_name} AND (e.host_name > {host_name} OR e.id > {id})"));
    }

    /// Adds a value, and returns what stands for it.
    fn place(&mut self, value: &str) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    pub(super) fn is_one_of<'v>(&mut self, what: &str, wanted: impl IntoIterator<Item = Option<&'v str>>) {
        let mut alternatives = Vec::new();
        let mut places = Vec::new();
        for value in wanted {
            match value {
                Some(value) => places.push(self.place(value)),
                None => alternatives.push(format!("{what} IS NULL")),
            }
        }
        if !places.is_empty() {
            alternatives.push(format!("{what} IN ({})", places.join(", ")));
        }
        self.texts.push(format!("({})", alternatives.join(" OR ")));
    }
}
