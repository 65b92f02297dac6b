//! What the person has allowed can be seen, and forgotten.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use countersign_agent::keychain::MemoryKeychain;
use countersign_agent::{
    Answer, ConnectionState, Keeping, Keychain, KeychainError, RememberedStanding, RequestError, Secret,
};
use countersign_trust::{Question, RememberFor};
use tokio::time::Instant;

use crate::support::management::Management;
use crate::support::{Setup, Surroundings, is_connected};

/// Well below what the keychain may take.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A keychain that refuses to remove, or hangs, as long as the test says so.
#[derive(Default)]
struct Clinging {
    inner: MemoryKeychain,
    refuses: AtomicBool,
    hangs: Mutex<Hangs>,
    goes_on: Condvar,
}

/// In which call it hangs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Hangs {
    #[default]
    Never,
    InSet,
    InDelete,
}

impl Clinging {
    fn hang(&self, hangs: Hangs) {
        *self.hangs.lock().unwrap_or_else(PoisonError::into_inner) = hangs;
        self.goes_on.notify_all();
    }

    fn wait_while(&self, hanging: Hangs) {
        let hangs = self.hangs.lock().unwrap_or_else(PoisonError::into_inner);
        let over = self.goes_on.wait_while(hangs, |hangs| *hangs == hanging);
        drop(over.unwrap_or_else(PoisonError::into_inner));
    }

    fn remembers(&self) -> bool {
        self.inner.names().iter().any(|name| name.starts_with("remembered"))
    }
}

impl Keychain for Clinging {
    fn get(&self, name: &str) -> Result<Option<Secret>, KeychainError> {
        self.inner.get(name)
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<(), KeychainError> {
        self.wait_while(Hangs::InSet);
        self.inner.set(name, secret)
    }

    fn find(&self, prefix: &str) -> Result<Vec<String>, KeychainError> {
        self.inner.find(prefix)
    }

    fn delete(&self, name: &str) -> Result<(), KeychainError> {
        self.wait_while(Hangs::InDelete);
        if self.refuses.load(Ordering::SeqCst) {
            return Err(KeychainError::Locked { detail: "nobody is there".to_owned() });
        }
        self.inner.delete(name)
    }
}

/// An agent whose session rests on an answer that is in the keychain.
async fn remembered(keychain: Arc<dyn Keychain>) -> (Surroundings, Management) {
    let management = Management::new();
    let around = Surroundings::set_up(Setup { keychain, ..Setup::managed(&management) }).await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    let kept = around.status_where(|status| {
        status.remembered.is_some_and(|remembered| remembered.keeping == Keeping::Keychain)
    });
    kept.await;
    management.sessions(1).await;
    (around, management)
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_ends_the_session_that_rests_on_it() {
    let keychain = Arc::new(MemoryKeychain::default());
    let (around, management) = remembered(Arc::clone(&keychain) as _).await;
    assert_eq!(around.agent.forget(around.server.name()).await, Ok(()));
    let question = around.desktop.question().await;
    assert_eq!(question.prompt.question, Question::First);
    management.sessions(0).await;
    assert!(keychain.find("remembered").unwrap().is_empty());
    assert!(around.agent.remembered().await.entries.is_empty());
    question.answer(Answer::Deny);
    around.desktop.was_not_asked().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_keychain_does_not_remove_does_not_count_and_is_removed_later() {
    let keychain = Arc::new(Clinging::default());
    let (mut around, _management) = remembered(Arc::clone(&keychain) as _).await;
    keychain.refuses.store(true, Ordering::SeqCst);
    let result = around.agent.forget(around.server.name()).await;
    assert!(matches!(result, Err(RequestError::NotRemoved { .. })), "{result:?}");
    around.desktop.question().await.answer(Answer::Deny);
    assert!(keychain.remembers());
    // Neither does it count for the next run.
    around.restart().await;
    around.desktop.question().await;
    assert!(around.agent.remembered().await.entries.is_empty());
    assert!(keychain.remembers());
    keychain.refuses.store(false, Ordering::SeqCst);
    around.restart().await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::Session));
    around.status(is_connected).await;
    around.agent.shutdown().await;
    assert!(!keychain.remembers());
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_does_not_wait_for_the_keychain_and_survives_disconnect() {
    let keychain = Arc::new(Clinging::default());
    let (mut around, management) = remembered(Arc::clone(&keychain) as _).await;
    keychain.hang(Hangs::InDelete);
    let begun = Instant::now();
    let server = around.server.name();
    {
        let forgetting = around.agent.forget(server);
        tokio::pin!(forgetting);
        tokio::select! {
            result = &mut forgetting => panic!("{result:?}"),
            _question = around.desktop.question() => {}
        }
    }
    management.sessions(0).await;
    around.agent.disconnect();
    around.status(|state| *state == ConnectionState::Disconnected).await;
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    // The app ends while the keychain still hangs.
    around.restart().await;
    assert!(keychain.remembers());
    around.desktop.question().await;
    keychain.hang(Hangs::Never);
    around.agent.shutdown().await;
    assert!(!keychain.remembers());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_after_forgetting_is_not_removed_with_the_old_one() {
    let keychain = Arc::new(Clinging::default());
    let (around, _management) = remembered(Arc::clone(&keychain) as _).await;
    keychain.hang(Hangs::InDelete);
    let server = around.server.name();
    let forgetting = around.agent.forget(server);
    tokio::pin!(forgetting);
    let question = tokio::select! {
        result = &mut forgetting => panic!("{result:?}"),
        question = around.desktop.question() => question,
    };
    question.answer(Answer::Allow(RememberFor::UntilChanged));
    around.status(is_connected).await;
    keychain.hang(Hangs::Never);
    assert_eq!(forgetting.await, Ok(()));
    around.agent.shutdown().await;
    assert!(keychain.remembers());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forgotten_before_the_keychain_has_taken_it_is_removed_again() {
    let keychain = Arc::new(Clinging::default());
    keychain.hang(Hangs::InSet);
    let management = Management::new();
    let setup = Setup { keychain: Arc::clone(&keychain) as _, ..Setup::managed(&management) };
    let around = Surroundings::set_up(setup).await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    // The answer counts while the keychain still thinks.
    let status = around.status(is_connected).await;
    assert_eq!(status.remembered.unwrap().keeping, Keeping::ThisSession);
    let forgetting = around.agent.forget(around.server.name());
    tokio::pin!(forgetting);
    tokio::select! {
        result = &mut forgetting => panic!("{result:?}"),
        _question = around.desktop.question() => {}
    }
    keychain.hang(Hangs::Never);
    assert_eq!(forgetting.await, Ok(()));
    assert!(!keychain.remembers());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_compares_with_what_is_forgotten_is_asked_anew() {
    let (around, management) = remembered(Arc::new(MemoryKeychain::default())).await;
    around.agent.disconnect();
    management.sessions(0).await;
    around.server.show(&around.certificates.other_self_signed);
    around.agent.connect();
    let question = around.desktop.question().await;
    assert!(matches!(question.prompt.question, Question::Changed { .. }));
    assert_eq!(around.agent.forget(around.server.name()).await, Ok(()));
    question.withdrawn().await;
    assert_eq!(around.desktop.question().await.prompt.question, Question::First);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_listed_and_can_be_forgotten_at_once() {
    let keychain = Arc::new(MemoryKeychain::default());
    let (around, management) = remembered(Arc::clone(&keychain) as _).await;
    // An entry of an earlier version: without an end, and noted nowhere else.
    let own = keychain.get(&keychain.find("remembered").unwrap()[0]).unwrap().unwrap();
    let mut earlier: serde_json::Value = serde_json::from_str(own.expose()).unwrap();
    earlier["server"] = "other.example:8013".into();
    earlier.as_object_mut().unwrap().remove("until");
    let name = "remembered-certificate:other.example:8013";
    keychain.set(name, &Secret::new(earlier.to_string())).unwrap();

    let list = around.agent.remembered().await;
    assert_eq!(list.incomplete, None);
    let outline: Vec<_> = list
        .entries
        .iter()
        .map(|entry| {
            (entry.certificate.server.to_string(), entry.standing, entry.last_used.is_some(), entry.keeping)
        })
        .collect();
    assert_eq!(
        outline,
        [
            (around.server.name().to_string(), RememberedStanding::InUse, true, Keeping::Keychain),
            ("other.example:8013".to_owned(), RememberedStanding::Holds, false, Keeping::Keychain),
        ]
    );
    assert!(list.entries[1].certificate.until.is_some(), "it ends with the certificate");

    assert_eq!(around.agent.forget_all().await, Ok(2));
    around.desktop.question().await;
    management.sessions(0).await;
    assert!(keychain.find("remembered").unwrap().is_empty());
    assert_eq!(around.agent.forget_all().await, Ok(0));
}
