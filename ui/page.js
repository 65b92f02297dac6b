// What every page needs: texts in the person's language, the requests and events of its window, and ways to show them.
// Everything that is shown is set as text, never as markup: names in certificates come from strangers.

const { invoke } = window.__TAURI__.core;
const { listen } = window.__TAURI__.event;

const { language, direction, texts } = await invoke("page_text");
// Countries that share a language write dates differently.
const manner = navigator.languages.find((one) => one.split("-")[0] === language.split("-")[0]) ?? language;
const moments = new Intl.DateTimeFormat(manner, { dateStyle: "medium", timeStyle: "medium" });

document.documentElement.lang = language;
document.documentElement.dir = direction;
for (const target of document.querySelectorAll("[data-text]")) {
  target.textContent = texts[target.dataset.text];
}
for (const target of document.querySelectorAll("[data-label]")) {
  target.setAttribute("aria-label", texts[target.dataset.label]);
}

export { invoke, language, texts };

export const element = (id) => document.getElementById(id);

/** A new element with a text, or with what is in it. */
export function make(name, content, className) {
  const made = document.createElement(name);
  if (className) {
    made.className = className;
  }
  if (Array.isArray(content)) {
    made.append(...content);
  } else {
    made.textContent = content;
  }
  return made;
}

/** A moment in the manner and the time zone of the desktop. */
export function inWords(moment) {
  const date = new Date(moment);
  return Number.isNaN(date.getTime()) ? moment : moments.format(date);
}

/** A text with a moment in its place. */
export const withMoment = (text, moment) => text.replace("{moment}", () => inWords(moment));

export function timeElement(moment) {
  const made = make("time", inWords(moment));
  made.dateTime = moment;
  return made;
}

export function showText(id, text) {
  const target = element(id);
  // A live region announces every assignment, so that only a change may be one.
  if (target.textContent !== text) {
    target.textContent = text;
  }
  target.hidden = text === "";
}

const shown = new Map();

/** Whether something is shown for the first time: what is shown anew loses the place where somebody reads. */
export function isNew(id, value) {
  const text = JSON.stringify(value);
  const before = shown.get(id);
  shown.set(id, text);
  return before !== text;
}

/** Shows one row for each item. What is there already stays where it is, with the keyboard or whoever reads it. */
export function showRows(list, items, makeRow) {
  const present = new Map([...list.children].map((row) => [row.dataset.item, row]));
  const rows = items.map((item) => {
    const key = JSON.stringify(item);
    const row = present.get(key) ?? makeRow(item);
    row.dataset.item = key;
    present.delete(key);
    return row;
  });
  for (const row of present.values()) {
    row.remove();
  }
  rows.forEach((row, place) => {
    if (list.children[place] !== row) {
      list.insertBefore(row, list.children[place] ?? null);
    }
  });
}

/** A fingerprint, broken between pairs only; what is copied has no breaks. */
export const fingerprintElement = (name, fingerprint) =>
  make(name, fingerprint.split(/(?<=:)/).flatMap((pair) => [pair, make("wbr", "")]), "fingerprint");

function factValue(fact) {
  switch (fact.kind) {
    case "moment":
      return make("dd", [timeElement(fact.value)]);
    case "countdown": {
      const left = make("span", "");
      // Read when somebody asks for it, and never by itself.
      left.setAttribute("role", "timer");
      left.dataset.until = fact.value;
      return make("dd", [timeElement(fact.value), " ", left]);
    }
    case "fingerprint":
      return fingerprintElement("dd", fact.value);
    default:
      return make("dd", fact.value);
  }
}

/** Terms and values, for a list of definitions. */
export const factRows = (facts) => facts.flatMap((fact) => [make("dt", fact.label), factValue(fact)]);

export function showFacts(id, facts) {
  if (isNew(id, facts)) {
    element(id).replaceChildren(...factRows(facts));
  }
}

/** Asks the running app. The answer is a view: what it is of, and its value. */
export const ask = (request) => invoke("request", { request });

/** Does something, and says in the page when it fails. Returns whether it was done. */
export async function perform(action) {
  try {
    await action();
    showText("failure", "");
    return true;
  } catch (error) {
    showText("failure", String(error));
    return false;
  }
}

/** Follows the events of the window, each a view as well. */
export const follow = (handler) => listen("event", (event) => handler(event.payload));
