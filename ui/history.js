// The connection history, the newest first.

import { ask, element, fingerprintElement, follow, make, perform, showRows, timeElement, withMoment } from "./page.js";
import { shape } from "./shapes.js";

function row(event) {
  const words = [make("strong", event.change)];
  if (event.reason) {
    words.push(make("p", event.reason));
  }
  if (event.times) {
    words.push(make("p", withMoment(event.times, event.last)));
  }
  const details = [];
  if (event.server) {
    details.push(make("span", event.server));
  }
  if (event.certificate) {
    // Opened with mouse or keyboard, as the whole of it is long.
    const summary = make("summary", event.certificate);
    details.push(make("details", [summary, fingerprintElement("div", event.fingerprint)]));
  }
  if (details.length > 0) {
    words.push(make("p", details, "quiet details"));
  }
  return make("li", [timeElement(event.at), shape(event.shape, 22), make("div", words, "words")]);
}

function show(events) {
  showRows(element("list"), events, row);
  element("list").hidden = events.length === 0;
  element("none").hidden = events.length > 0;
}

function receive({ view, value }) {
  if (view === "history") {
    show(value);
  }
}

await perform(async () => {
  await follow(receive);
  receive(await ask({ request: "history" }));
});
