// The doctor: looks at everything that a connection needs, and says what it finds.

import { element, follow, invoke, make, perform, showText, texts } from "./page.js";
import { shape } from "./shapes.js";

/** The shape of each standing: those of the connection, and a circle for what says nothing. */
const SHAPES = {
  ok: "connected",
  impaired: "unverified",
  prevents_connection: "refused",
  skipped: "nothing",
  not_applicable: "nothing",
};

let isRunning = false;

function row(finding) {
  const words = [make("h2", finding.name), make("p", finding.outcome, "quiet"), make("p", finding.meaning)];
  if (finding.details.length > 0) {
    words.push(make("ul", finding.details.map((detail) => make("li", detail))));
  }
  if (finding.advice) {
    words.push(make("p", finding.advice, "advice"));
  }
  const item = make("li", [shape(SHAPES[finding.standing], 22), make("div", words, "words")]);
  item.dataset.check = finding.check;
  item.dataset.standing = finding.standing;
  return item;
}

function pendingRow({ check, name }) {
  const item = make("li", [shape("nothing", 22), make("div", [make("h2", name)], "words")], "pending");
  item.dataset.check = check;
  return item;
}

function showProgress({ progress, value }) {
  const list = element("list");
  const present = [...list.children].find((item) => item.dataset.check === value.check);
  const next = progress === "begun" ? pendingRow(value) : row(value);
  if (present) {
    present.replaceWith(next);
  } else {
    list.append(next);
  }
}

function showResult(result) {
  element("shape").replaceChildren(shape(SHAPES[result.standing], 40));
  showText("headline", result.headline);
  element("list").replaceChildren(...result.findings.map(row));
}

function setRunning(isNow) {
  isRunning = isNow;
  // Not disabled: whoever has just pressed it would lose the place of the keyboard.
  element("again").setAttribute("aria-disabled", String(isNow));
  element("progress").hidden = !isNow;
}

async function examine() {
  if (isRunning) {
    return;
  }
  setRunning(true);
  element("shape").replaceChildren(shape("nothing", 40));
  element("list").replaceChildren();
  showText("headline", texts.running);
  const done = await perform(async () => showResult(await invoke("examine")));
  if (!done) {
    showText("headline", "");
  }
  setRunning(false);
}

element("again").addEventListener("click", examine);

await perform(() =>
  follow(({ view, value }) => {
    if (view === "examination" && isRunning) {
      showProgress(value);
    }
  }),
);
await examine();
