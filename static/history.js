// Your pictures: choosing several, copying a link, and where the focus goes after a part of the page has changed.
(() => {
  "use strict";

  const words = document.currentScript.dataset; // in the language of the page
  document.documentElement.classList.add("has-scripts");

  // Several at once: the bar appears with the first choice and says how many.
  const bar = document.getElementById("selection");
  const choices = () => [...document.querySelectorAll('input[name="selected"]')];
  const action = document.getElementById("selection-action");
  const count = document.getElementById("selection-count");
  const show = () => {
    if (!bar) return;
    const chosen = choices().filter((choice) => choice.checked).length;
    bar.classList.toggle("is-idle", chosen === 0);
    const said = chosen === 1 ? words.oneChosen : words.severalChosen;
    action.setCustomValidity(action.value === "compare" && chosen !== 2 ? words.notTwo : "");
    count.textContent = chosen ? said.replace("{count}", chosen) : "";
  };
  const choose = (value) => {
    for (const choice of choices()) choice.checked = value;
    show();
  };
  document.addEventListener("change", (event) => {
    if (event.target.name === "selected" || event.target === action) show();
  });
  document.getElementById("select-all")?.addEventListener("click", () => choose(true));
  document.getElementById("select-none")?.addEventListener("click", () => choose(false));
  window.addEventListener("pageshow", show);
  show();

  // A download leaves the page where it is, so the form may be sent again.
  bar?.addEventListener("submit", () => setTimeout(() => delete bar.dataset.sent, 1000));

  // The link of a shared page.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = button.dataset.copied;
    } catch {
      button.textContent = document.execCommand("copy") ? button.dataset.copied : button.dataset.byHand;
    }
  });

  // A part that changed keeps the focus: on what stands in the place of the button that was pressed.
  const ours = "form.favourite, #about form, #feedback form, #share form";
  const told = `${ours}, .alike-filter`; // whose troubles are told
  const written = "#about form"; // reloading would throw away what was typed
  const latest = new WeakMap(); // the last request of each form
  let next = null;
  document.addEventListener("htmx:before:request", (event) => {
    const form = event.detail?.ctx?.sourceElement;
    if (!form?.matches?.(told)) return;
    latest.set(form, event.detail.ctx);
    form.parentElement.querySelector(":scope > .part-trouble")?.remove();
    if (!form.matches(ours)) return;
    const part = form.closest("#about, #feedback, #share");
    next = part ? `#${part.id}` : `form.favourite[action="${form.getAttribute("action")}"]`;
  });
  document.addEventListener("htmx:after:swap", () => {
    if (!next) return;
    const part = document.querySelector(next);
    next = null;
    if (!part || (document.activeElement && document.activeElement !== document.body)) return;
    const places = ["[aria-invalid=true]", "input[readonly]", "button, summary"]; // the first that there is
    places.map((place) => part.querySelector(place)).find(Boolean)?.focus({ preventScroll: true });
  });

  // A change that did not get through says so, and can be tried again.
  const trouble = (event) => {
    const { ctx } = event.detail ?? {};
    const form = ctx?.sourceElement;
    if (!form?.matches?.(told) || latest.get(form) !== ctx) return; // a later choice has taken its place
    const isOutdated = [403, 404].includes(ctx.response?.status); // once more would not help: show what is so
    if (isOutdated && !form.matches(written)) {
      location.reload();
      return;
    }
    next = null;
    delete form.dataset.sent;
    const line = document.createElement("p");
    line.className = "notice part-trouble";
    line.setAttribute("role", "status");
    line.textContent = isOutdated ? words.outdated : words.trouble;
    form.after(line);
  };
  document.addEventListener("htmx:error", trouble);
  document.addEventListener("htmx:response:error", trouble);
})();
