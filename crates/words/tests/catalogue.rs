//! The catalogue is complete: both languages have every text, with what it is made with, and none besides.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use countersign_words::messages;
use fluent_syntax::ast::{CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement};

/// The variables of each text, and the letters that stand outside of them.
type Catalogue = BTreeMap<String, (BTreeSet<String>, String)>;

fn catalogue(language: &str) -> Catalogue {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales").join(language);
    let mut texts = Catalogue::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let content = std::fs::read_to_string(&path).unwrap();
        let resource = fluent_syntax::parser::parse(content.as_str())
            .unwrap_or_else(|(_, errors)| panic!("{}: {errors:?}", path.display()));
        for entry in resource.body {
            let Entry::Message(message) = entry else { continue };
            let mut found = (BTreeSet::new(), String::new());
            pattern(&message.value.unwrap(), &mut found);
            assert!(message.attributes.is_empty(), "{}: nothing shows attributes", message.id.name);
            let earlier = texts.insert(message.id.name.to_owned(), found);
            assert!(earlier.is_none(), "{language}: {} is there twice", message.id.name);
        }
    }
    texts
}

fn pattern(pattern: &Pattern<&str>, found: &mut (BTreeSet<String>, String)) {
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => found.1.push_str(value),
            PatternElement::Placeable { expression } => self::expression(expression, found),
        }
    }
}

fn expression(expression: &Expression<&str>, found: &mut (BTreeSet<String>, String)) {
    match expression {
        Expression::Inline(value) => inline(value, found),
        Expression::Select { selector, variants } => {
            inline(selector, found);
            assert!(variants.iter().all(|variant| !variant.value.elements.is_empty()));
            for variant in variants {
                pattern(&variant.value, found);
            }
        }
    }
}

fn inline(value: &InlineExpression<&str>, found: &mut (BTreeSet<String>, String)) {
    match value {
        InlineExpression::VariableReference { id } => drop(found.0.insert(id.name.to_owned())),
        InlineExpression::StringLiteral { value } | InlineExpression::NumberLiteral { value } => {
            found.1.push_str(value);
        }
        InlineExpression::FunctionReference { arguments, .. } => call(arguments, found),
        InlineExpression::Placeable { expression } => self::expression(expression, found),
        InlineExpression::MessageReference { .. } | InlineExpression::TermReference { .. } => {
            panic!("texts do not refer to one another: that would hide what they are made with")
        }
    }
}

fn call(arguments: &CallArguments<&str>, found: &mut (BTreeSet<String>, String)) {
    let named = arguments.named.iter().map(|argument| &argument.value);
    for value in arguments.positional.iter().chain(named) {
        inline(value, found);
    }
}

#[test]
fn both_languages_have_every_text_and_none_besides() {
    let expected: BTreeMap<String, BTreeSet<String>> = messages()
        .map(|message| {
            (message.name.to_owned(), message.arguments.iter().map(|name| (*name).to_owned()).collect())
        })
        .collect();
    assert_eq!(expected.len(), messages().count(), "a name is there twice");
    for language in ["en", "de"] {
        let found = catalogue(language);
        for (name, variables) in &expected {
            let (used, _) = found.get(name).unwrap_or_else(|| panic!("{language} lacks {name}"));
            assert_eq!(used, variables, "{language}: {name}");
        }
        let unused: Vec<&String> = found.keys().filter(|name| !expected.contains_key(*name)).collect();
        assert_eq!(unused, Vec::<&String>::new(), "{language} has texts that nothing shows");
    }
}

/// What is the same in both languages.
const SAME: &[&str] = &[
    "certificate_field_problem",
    "date_and_time_in_utc",
    "doctor_proxy",
    "fact_program_licence_value",
    "fact_version",
    "remembered_server",
    "server_choice_port",
    "tray_server",
    "window_title",
];

#[test]
fn no_text_is_empty_or_left_in_the_other_language() {
    let german = catalogue("de");
    let mut same = Vec::new();
    for (name, (variables, text)) in catalogue("en") {
        assert!(!text.trim().is_empty() || !variables.is_empty(), "{name} is empty");
        let (_, other) = &german[&name];
        if text == *other && text.chars().any(char::is_alphabetic) {
            same.push(name);
        }
    }
    assert_eq!(same, SAME, "to be translated, or the same in both languages");
}

/// Rust sources and pages that may use a text, but not those that define it.
fn sources(directory: &Path, all: &mut String) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("messages") {
                sources(&path, all);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "js") {
            all.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_text_is_used() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut all = String::new();
    for directory in ["crates/words/src", "crates/server/src", "src-tauri", "ui"] {
        sources(&root.join(directory), &mut all);
    }
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let used: BTreeSet<&str> = all.split(|character| !is_part(character)).collect();
    let unused: Vec<&str> =
        messages().map(|message| message.name).filter(|name| !used.contains(name)).collect();
    assert!(unused.is_empty(), "nothing says {unused:?}");
}
