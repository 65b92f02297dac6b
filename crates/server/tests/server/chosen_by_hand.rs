//! What somebody commits by hand is not replaced by what an authority was asked for before that.

use serde_json::{Value, json};

use crate::certificates::CONFIRMED;
use crate::issued_certificate::{PAGE, attention, order, shown, site};
use crate::support::fleet::Authority;
use crate::support::gate::Gate;
use crate::support::site::{AUTOMATED, DOMAIN, Site};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_uploaded_while_one_is_ordered_stays_until_somebody_orders_again() {
    let site = Site::start().await;
    let gate = Gate::before(&site.pebble).await;
    let mut wish = site.wish("http-01");
    wish["directory_url"] = json!(gate.directory);
    gate.keep_challenges_back();
    site.api.change("PUT", AUTOMATED, &wish).await;
    gate.have_been_kept_back(1).await;
    assert_eq!(site.api.get(AUTOMATED).await["stage"], "ordered");

    let (upload, uploaded) = Authority::new().certificate(&[DOMAIN], 60);
    site.api.change("PUT", CONFIRMED, &upload).await;
    let given_up = site.api.get(AUTOMATED).await;
    assert_eq!(given_up["stage"], "resting", "{given_up:#}");
    let said = given_up["last_failure"]["text"].as_str().unwrap();
    assert!(said.contains("the order was given up"), "{given_up:#}");
    let told = attention(&site).await;
    assert!(
        told.iter().any(|one| one["place"] == PAGE && one["text"].as_str().unwrap().contains(said)),
        "{told:#?}"
    );

    // One is ordered after the other, so that the first order has come to its end before the second.
    gate.pass_challenges_on();
    order(&site).await;
    let automated = site.until(|automated| automated["stage"] == "resting").await;
    assert_eq!(automated["last_failure"], Value::Null, "{automated:#}");
    assert_eq!((gate.orders().len(), shown(&site).await), (2, automated["fingerprint"].clone()));
    let listed = site.api.get("/certificates").await;
    let kept: Vec<_> = listed.as_array().unwrap().iter().map(|one| (&one["source"], &one["state"])).collect();
    let (acme, own, built_in) = (json!("acme"), json!("uploaded"), json!("built_in"));
    let (committed, previous) = (json!("committed"), json!("previous"));
    assert_eq!(kept, [(&acme, &committed), (&own, &previous), (&built_in, &Value::Null)], "{listed:#}");
    assert_eq!(listed[1]["fingerprint"], uploaded.to_string());
    site.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_has_rolled_back_to_is_not_renewed_by_itself_and_that_is_said() {
    let (site, _) = site(90).await;
    let first = site.issued(&site.wish("http-01")).await;
    assert!(first["next_attempt"].is_string(), "{first:#}");
    order(&site).await;
    let second = site
        .until(|automated| {
            automated["stage"] == "resting" && automated["fingerprint"] != first["fingerprint"]
        })
        .await;
    assert!(second["next_attempt"].is_string(), "{second:#}");
    assert_eq!(attention(&site).await, Vec::<Value>::new());
    let listed = site.api.get("/certificates").await;
    let id = |found: &Value| {
        let of = listed.as_array().unwrap().iter().find(|one| one["fingerprint"] == found["fingerprint"]);
        of.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let commit = async |found: &Value| {
        site.api.change("POST", &format!("/certificates/{}/commit", id(found)), &json!({})).await;
    };
    commit(&first).await;
    assert_eq!(shown(&site).await, first["fingerprint"]);
    assert_eq!(site.api.get(AUTOMATED).await["next_attempt"], Value::Null);
    let told = attention(&site).await;
    let [told] = told.as_slice() else { panic!("{told:#?}") };
    assert!(told["text"].as_str().unwrap().contains("is not renewed by itself"), "{told:#}");
    assert_eq!((&told["place"], &told["urgency"]), (&json!(PAGE), &json!("soon")));
    commit(&second).await;
    assert_eq!(site.api.get(AUTOMATED).await["next_attempt"], second["next_attempt"]);
    assert_eq!(attention(&site).await, Vec::<Value>::new());
    site.server.stop().await;
}
