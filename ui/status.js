// The status window: shows the view of the status and follows its changes.

import { countDown } from "./countdown.js";
import { ask, element, follow, isNew, make, perform, showFacts, showText, texts, timeElement, withMoment } from "./page.js";
import { closeServerChoice, showServerChoice } from "./server-choice.js";
import { shape } from "./shapes.js";

function showProblems(problems) {
  if (!isNew("problems", problems)) {
    return;
  }
  const items = problems.map((problem) =>
    make("li", [make("strong", problem.summary), problem.meaning, make("small", problem.term)]),
  );
  element("problem-list").replaceChildren(...items);
  element("problems").hidden = problems.length === 0;
}

function showCommands(commands) {
  if (!isNew("commands", commands)) {
    return;
  }
  const items = commands.map(({ at, command, result }) =>
    make("li", [make("strong", `${command}: ${result}`), make("small", [timeElement(at)])]),
  );
  element("command-list").replaceChildren(...items);
  element("command-list").hidden = commands.length === 0;
  element("commands-none").hidden = commands.length > 0;
}

function show(status) {
  const page = element("page");
  if (page.dataset.shape !== status.shape) {
    page.dataset.shape = status.shape;
    element("shape").replaceChildren(shape(status.shape, 64));
  }
  showText("headline", status.headline);
  showText("explanation", status.explanation);
  showText("since", withMoment(texts.since, status.since));
  showText("certificate-trust", status.certificate_trust);
  showProblems(status.problems);
  for (const section of ["connection", "certificate", "profile", "licence", "about"]) {
    showFacts(`${section}-facts`, status[section]);
  }
  showCommands(status.commands);
  showServerChoice(status.pinned);
  for (const action of ["connect", "disconnect", "review"]) {
    element(action).disabled = !status.actions.includes(action);
  }
  countDown();
}

function showAbout() {
  element("about").scrollIntoView();
  element("about").focus();
}

function receive({ view, value }) {
  if (view === "status") {
    show(value);
  } else if (view === "place" && value === "about") {
    showAbout();
  }
}

for (const request of ["connect", "disconnect", "review"]) {
  element(request).addEventListener("click", () => perform(() => ask({ request })));
}
for (const window of ["remembered", "history", "doctor"]) {
  element(window).addEventListener("click", () => perform(() => ask({ request: "open", window })));
}

closeServerChoice();
await perform(async () => {
  await follow(receive);
  receive(await ask({ request: "status" }));
});
if (window.location.hash === "#about") {
  showAbout();
}
