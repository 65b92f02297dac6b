// The remembered certificates: what the person allowed, and how to forget it.

import { ask, element, factRows, follow, isNew, make, perform, showRows, showText, texts } from "./page.js";

/** The longest time that a timer of the browser can wait, in milliseconds. */
const LONGEST_WAIT = 2 ** 31 - 1;

let view = { entries: [] };
let expiry;

function confirmed(question, meaning) {
  const confirmation = element("confirmation");
  showText("question", question);
  showText("meaning", meaning);
  confirmation.returnValue = "";
  confirmation.showModal();
  return new Promise((resolve) => {
    confirmation.addEventListener("close", () => resolve(confirmation.returnValue === "confirmed"), { once: true });
  });
}

const buttons = () => [...element("list").querySelectorAll("button")];

/** Where the keyboard goes on when what it was at is gone: the entry that has taken its place, or what is left. */
function focusNear(place) {
  const left = buttons();
  const rest = element(element("none").hidden ? "heading" : "none");
  (left[Math.min(place, left.length - 1)] ?? rest).focus();
}

async function forget(entry) {
  if (entry.in_use_meaning && !(await confirmed(entry.forget, entry.in_use_meaning))) {
    return;
  }
  const place = buttons().findIndex((button) => button.dataset.server === entry.server);
  const done = await perform(() => ask({ request: "forget", server: entry.server }));
  // What the keychain did not remove is forgotten all the same.
  await refresh();
  focusNear(place);
  showText("outcome", done ? entry.forgotten : "");
}

async function forgetAll() {
  if (!(await confirmed(view.forget_all_question, texts.forget_all_meaning))) {
    return;
  }
  let outcome = "";
  await perform(async () => {
    outcome = (await ask({ request: "forget_all" })).value;
  });
  await refresh();
  focusNear(0);
  showText("outcome", outcome);
}

function row(entry) {
  const standing = make("p", [make("span", "", "standing-shape"), entry.standing_text], `standing ${entry.standing}`);
  const facts = make("dl", factRows(entry.facts));
  const button = make("button", texts.forget);
  button.type = "button";
  button.dataset.server = entry.server;
  button.setAttribute("aria-label", entry.forget);
  button.addEventListener("click", () => forget(entry));
  return make("li", [make("div", [make("h2", entry.server), button], "head"), standing, facts], "record");
}

function show(next) {
  view = next;
  const focused = document.activeElement?.dataset?.server;
  showRows(element("list"), next.entries, row);
  // Its row may be another one now, because it says something else.
  const button = buttons().find((candidate) => candidate.dataset.server === focused);
  if (button && button !== document.activeElement) {
    button.focus();
  }
  const isEmpty = next.entries.length === 0;
  showText("incomplete", next.incomplete ?? "");
  element("list").hidden = isEmpty;
  element("introduction").hidden = isEmpty;
  element("forget-all").hidden = isEmpty;
  // Nothing is known to be remembered is not the same as nothing is remembered.
  element("none").hidden = !isEmpty || next.incomplete !== null;
  refreshAtTheNextEnd(next.entries);
}

function refreshAtTheNextEnd(entries) {
  clearTimeout(expiry);
  const now = Date.now();
  const waits = entries.map((entry) => new Date(entry.until ?? NaN).getTime() - now).filter((wait) => wait > 0);
  if (waits.length > 0) {
    expiry = setTimeout(refresh, Math.min(...waits.map((wait) => wait + 1000), LONGEST_WAIT));
  }
}

let reading;
let isOutdated = false;

/** Reads the list, once more if it has changed meanwhile. */
function refresh() {
  isOutdated = true;
  reading ??= (async () => {
    while (isOutdated) {
      isOutdated = false;
      try {
        show((await ask({ request: "remembered" })).value);
      } catch (error) {
        showText("failure", String(error));
      }
    }
    reading = undefined;
  })();
  return reading;
}

function receive({ view: name, value }) {
  // Which entry is in use is a matter of the connection, and how long one holds also of the profile.
  if (name === "remembered_changed" || (name === "status" && isNew("status", [value.since, value.profile]))) {
    refresh();
  }
}

element("forget-all").addEventListener("click", forgetAll);
element("cancel").addEventListener("click", () => element("confirmation").close());
element("confirm").addEventListener("click", () => element("confirmation").close("confirmed"));

await perform(() => follow(receive));
await refresh();
