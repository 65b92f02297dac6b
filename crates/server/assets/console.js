// What the pages do beyond links and forms. Without it everything still works.
"use strict";

const root = document.documentElement;

/** Shows moments in the time of whoever looks. */
function localTimes(within) {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  for (const element of within.querySelectorAll("time[datetime]")) {
    const moment = new Date(element.dateTime);
    if (!Number.isNaN(moment.getTime())) {
      element.title = element.dateTime;
      element.textContent = format.format(moment);
    }
  }
}

/** Light or dark, whatever the system says. */
function shadeButton() {
  const button = document.getElementById("shade-button");
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const shade = root.dataset.bsTheme === "dark" ? "light" : "dark";
    root.dataset.bsTheme = shade;
    try {
      localStorage.setItem("countersign-shade", shade);
    } catch {
      // It then holds for this page only.
    }
  });
}

/** The menu on narrow screens. */
function menuButton() {
  const button = document.getElementById("menu-button");
  const menu = document.getElementById("menu");
  if (!button || !menu) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    menu.classList.toggle("open", open);
  });
}

/** Asks before a form with the attribute data-confirm is sent. */
function confirmations() {
  const dialog = document.getElementById("confirm");
  if (!dialog) return;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const question = form.dataset.confirm;
    if (!question || form.dataset.confirmed) return;
    event.preventDefault();
    document.getElementById("confirm-text").textContent = question;
    document.getElementById("confirm-yes").textContent = form.dataset.confirmButton ?? "Go on";
    dialog.returnValue = "no";
    dialog.addEventListener(
      "close",
      () => {
        if (dialog.returnValue !== "yes") return;
        form.dataset.confirmed = "yes";
        if (!form.isConnected) {
          // The page was brought up to date meanwhile. What was asked about is sent: the server refuses what is no longer so.
          form.hidden = true;
          document.body.append(form);
        }
        form.requestSubmit(event.submitter ?? undefined);
      },
      { once: true },
    );
    dialog.showModal();
  });
}

/** Copies what stands in the element that data-copy names. */
function copyButtons() {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = document.getElementById(button.dataset.copy)?.textContent ?? "";
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    });
  }
}

/** Puts what a chosen file holds into the field that data-file-into names. */
function fileInputs() {
  for (const place of document.querySelectorAll("[data-file-into]")) {
    place.hidden = false;
    place.querySelector("input[type=file]").addEventListener("change", async (event) => {
      const [file] = event.target.files;
      if (file) document.getElementById(place.dataset.fileInto).value = await file.text();
    });
  }
}

document.addEventListener("htmx:after:swap", () => localTimes(document));
localTimes(document);
shadeButton();
menuButton();
confirmations();
copyButtons();
fileInputs();
