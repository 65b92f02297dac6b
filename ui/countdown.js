// How long it takes until a moment, counted down while somebody can see it.

import { language } from "./page.js";

const relative = new Intl.RelativeTimeFormat(language, { numeric: "always" });
let timer;

function left(seconds) {
  if (seconds < 60) {
    return relative.format(seconds, "second");
  }
  return relative.format(Math.ceil(seconds / 60), "minute");
}

function tick() {
  const now = Date.now();
  let goesOn = false;
  for (const target of document.querySelectorAll("[data-until]")) {
    const seconds = Math.ceil((new Date(target.dataset.until).getTime() - now) / 1000);
    target.textContent = seconds > 0 ? `(${left(seconds)})` : "";
    goesOn ||= seconds > 0;
  }
  timer = goesOn ? setTimeout(tick, 1000 - (now % 1000)) : undefined;
}

/** Begins to count, or goes on with what is shown now. A window that nobody sees wakes nothing up. */
export function countDown() {
  clearTimeout(timer);
  timer = undefined;
  if (document.visibilityState === "visible") {
    tick();
  }
}

document.addEventListener("visibilitychange", countDown);
