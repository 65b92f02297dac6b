// The form with which the person connects to another server, where the configuration of the computer names none.

import { ask, element, invoke, perform, showText } from "./page.js";

const FIELDS = ["host", "port"];

function showRejection(rejection) {
  for (const field of FIELDS) {
    const isWrong = rejection?.field === field;
    element(field).setAttribute("aria-invalid", String(isWrong));
    showText(`${field}-error`, isWrong ? rejection.message : "");
  }
  if (rejection) {
    element(rejection.field).focus();
  }
}

function setOpen(isOpen) {
  element("choice").hidden = !isOpen;
  element("other-server").setAttribute("aria-expanded", String(isOpen));
}

export function closeServerChoice() {
  element("choice-form").reset();
  showRejection(undefined);
  setOpen(false);
}

/** Offers the form, or says why there is none. */
export function showServerChoice(pinned) {
  element("other-server").hidden = pinned !== null;
  showText("pinned", pinned ?? "");
  if (pinned !== null) {
    setOpen(false);
  }
}

function toggle() {
  if (!element("choice").hidden) {
    closeServerChoice();
    return;
  }
  setOpen(true);
  element("choice").scrollIntoView({ block: "nearest" });
  element("host").focus();
}

function leave() {
  closeServerChoice();
  element("other-server").focus();
}

async function submit(event) {
  event.preventDefault();
  let server;
  try {
    server = await invoke("entered_server", { host: element("host").value, port: element("port").value });
  } catch (rejection) {
    showRejection(rejection);
    return;
  }
  showRejection(undefined);
  if (await perform(() => ask({ request: "connect", server }))) {
    leave();
  }
}

element("other-server").addEventListener("click", toggle);
element("choice-cancel").addEventListener("click", leave);
element("choice-form").addEventListener("submit", submit);
element("choice").addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    leave();
  }
});
