// The status window: shows the view of the status and follows its changes, in the language of the texts that the command
// `page_text` returns.
// Everything that is shown is set as text, never as markup: names in certificates come from strangers.

const { invoke } = window.__TAURI__.core;
const { listen } = window.__TAURI__.event;

const element = (id) => document.getElementById(id);
const { language, direction, texts } = await invoke("page_text");
const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" });

document.documentElement.lang = language;
document.documentElement.dir = direction;
for (const target of document.querySelectorAll("[data-text]")) {
  target.textContent = texts[target.dataset.text];
}
for (const target of document.querySelectorAll("[data-label]")) {
  target.setAttribute("aria-label", texts[target.dataset.label]);
}

function showText(id, text) {
  const target = element(id);
  // A live region announces every assignment, so that only a change may be one.
  if (target.textContent !== text) {
    target.textContent = text;
  }
  target.hidden = text === "";
}

function inWords(fact) {
  if (fact.kind !== "moment") {
    return fact.value;
  }
  const date = new Date(fact.value);
  return Number.isNaN(date.getTime()) ? fact.value : moment.format(date);
}

function showFacts(id, facts) {
  const rows = facts.flatMap((fact) => {
    const term = document.createElement("dt");
    term.textContent = fact.label;
    const value = document.createElement("dd");
    value.textContent = inWords(fact);
    if (fact.kind === "fingerprint") {
      value.className = "fingerprint";
    }
    return [term, value];
  });
  element(id).replaceChildren(...rows);
}

function showProblems(problems) {
  const items = problems.map((problem) => {
    const item = document.createElement("li");
    const summary = document.createElement("strong");
    summary.textContent = problem.summary;
    const term = document.createElement("small");
    term.textContent = problem.term;
    item.append(summary, problem.meaning, term);
    return item;
  });
  element("problem-list").replaceChildren(...items);
  element("problems").hidden = problems.length === 0;
}

function show(status) {
  element("page").dataset.shape = status.shape;
  showText("headline", status.headline);
  showText("explanation", status.explanation);
  showText("since", texts.since.replace("{moment}", () => inWords({ kind: "moment", value: status.since })));
  showText("certificate-trust", status.certificate_trust);
  showProblems(status.problems);
  showFacts("connection", status.connection);
  showFacts("certificate", status.certificate);
  showFacts("profile", status.profile);
  showFacts("licence", status.licence);
  showFacts("about-facts", status.about);
  element("connect").disabled = !status.actions.includes("connect");
  element("disconnect").disabled = !status.actions.includes("disconnect");
  element("review").disabled = !status.actions.includes("review");
}

async function perform(action) {
  try {
    await action();
    showText("failure", "");
  } catch (error) {
    showText("failure", String(error));
  }
}

function showAbout() {
  element("about").scrollIntoView();
  element("about").focus();
}

// The answer is a view: what it is of, and its value.
const ask = (request) => invoke("request", { request });

function follow({ view, value }) {
  if (view === "status") {
    show(value);
  } else if (view === "place" && value === "about") {
    showAbout();
  }
}

for (const request of ["connect", "disconnect", "review"]) {
  element(request).addEventListener("click", () => perform(() => ask({ request })));
}

await perform(async () => {
  await listen("event", (event) => follow(event.payload));
  follow(await ask({ request: "status" }));
});
if (window.location.hash === "#about") {
  showAbout();
}
