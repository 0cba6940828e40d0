// What htmx leaves to us: the answer's title, lost connections while waiting, menus, forms that send once.
(() => {
  "use strict";

  const words = document.currentScript.dataset;
  const connection = () => document.getElementById("connection");
  const say = (text) => {
    const line = connection();
    if (line && line.textContent !== text) line.textContent = text;
  };

  let isLeaving = false; // a form is on its way to the next page

  // A poll that fails ends nothing: the next one comes by itself.
  const isResult = (event) => event.detail?.ctx?.sourceElement?.id === "result";

  document.addEventListener("htmx:error", (event) => {
    if (isResult(event)) say(words.lost);
  });
  document.addEventListener("htmx:response:error", (event) => {
    if (!isResult(event)) return;
    if (event.detail.ctx.response.status !== 404) say(words.lost);
    else if (!isLeaving) location.reload(); // deleted elsewhere: show what is so
  });

  // The answer names the page.
  document.addEventListener("htmx:after:swap", () => {
    const result = document.getElementById("result");
    if (!result) return;
    say("");
    if (document.title !== result.dataset.title) document.title = result.dataset.title;
  });

  // A menu closes when one looks elsewhere.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // A form sends once, however often one clicks; coming back with the back button sets it free again,
  // and so does time: whoever is asked whether to leave may stay.
  const FREE_AGAIN_MS = 8000;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.id === "upload") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    if (!event.defaultPrevented) isLeaving = true;
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, FREE_AGAIN_MS);
  });
  window.addEventListener("pageshow", () => {
    isLeaving = false;
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
})();
