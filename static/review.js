// Rooms where curators decide: a key presses the button, link or choice that names it in data-key.
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  const at = event.target;
  if (at.closest("select, textarea, input:not([type=radio], [type=checkbox])")) return;
  if (event.key === "Enter" && at.closest("a, button, summary")) return; // what is in focus is pressed anyway
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const wanted = [...document.querySelectorAll("[data-keys] [data-key]")].find((one) => one.dataset.key === key);
  if (!wanted) return;
  event.preventDefault();
  wanted.click();
  if (wanted.matches("input")) wanted.focus();
});

// A decision is sent once, however long a key is held or however often a button is pressed.
for (const form of document.querySelectorAll("[data-keys] form")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-keys] form")) delete form.dataset.sent;
});
