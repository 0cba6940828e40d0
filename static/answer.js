// The answer page: maps over the picture. Without this file the maps are links.
(() => {
  "use strict";

  const said = document.currentScript.dataset; // words in the language of the page
  // Why? One map at a time lies over the picture.
  let map = null; // the picture of the map
  const links = () => [...document.querySelectorAll("[data-why]")];

  const words = (text) => {
    const line = document.getElementById("why-words");
    if (line) line.textContent = text;
  };

  function press(chosen) {
    for (const link of links()) link.setAttribute("aria-pressed", String(link === chosen));
    document.getElementById("why-tools").hidden = !chosen;
    document.getElementById("why-help").classList.toggle("unscripted", !chosen);
  }

  // Where the picture stands above the words, not beside them, it comes to them once more.
  const isNarrow = window.matchMedia("(max-width: 52rem)");
  const ownPicture = () => document.querySelector(".room-picture .frame img");

  function frameFor() {
    if (!isNarrow.matches) return ownPicture().closest(".frame");
    let own = document.querySelector(".why-picture");
    if (!own) {
      const picture = ownPicture();
      own = Object.assign(document.createElement("div"), { className: "why-picture" });
      own.classList.add(...[...picture.closest(".room-picture").classList].filter((name) => name.startsWith("ratio-")));
      own.append(Object.assign(new Image(picture.width, picture.height), { src: picture.currentSrc || picture.src, alt: "" }));
      document.getElementById("why-tools").before(own);
    }
    return own;
  }

  function takeAway() {
    map?.remove();
    map = null;
  }

  function turnOff() {
    takeAway();
    document.querySelector(".why-picture")?.remove();
    press(null);
    words("");
  }

  function strengthen() {
    if (map) map.style.opacity = document.getElementById("why-strength").value / 100;
  }

  function lay(link) {
    takeAway();
    const frame = frameFor();
    const picture = frame.querySelector("img");
    map = Object.assign(new Image(picture.width, picture.height), { className: "why-map", alt: "" });
    map.addEventListener("error", () => {
      turnOff();
      words(said.noMap);
    });
    map.addEventListener("load", () => words(link.dataset.words));
    map.src = link.dataset.why;
    frame.append(map);
    strengthen();
    press(link);
  }

  // With scripts the links are switches.
  function equip() {
    for (const link of links()) {
      if (link.hasAttribute("aria-pressed")) continue;
      link.setAttribute("role", "button");
      link.setAttribute("aria-pressed", "false");
    }
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-why]");
    if (event.target.id === "why-off") {
      const pressed = links().find((one) => one.getAttribute("aria-pressed") === "true");
      turnOff();
      pressed?.focus();
    }
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (link.getAttribute("aria-pressed") === "true") turnOff();
    else lay(link);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== " " || !event.target.matches?.("[data-why]")) return;
    event.preventDefault();
    event.target.click();
  });
  document.addEventListener("input", (event) => {
    if (event.target.id === "why-strength") strengthen();
    const slider = event.target.closest("input[data-words]");
    if (slider) slider.form.querySelector("output").textContent = slider.dataset.words.split("|")[slider.value];
  });
  document.addEventListener("htmx:after:swap", equip);
  equip();

  // The address says what narrows the paintings: reloading, going back, "Clear" and another language find what is shown.
  document.addEventListener("htmx:after:swap", (event) => {
    const { sourceElement: form, response } = event.detail?.ctx ?? {};
    if (!form?.matches?.(".alike-filter") || response.status >= 400) return;
    const chosen = [...new FormData(form)].filter(([name, value]) => value && !(name === "least" && value === "0"));
    const query = chosen.length ? `?${new URLSearchParams(chosen)}` : "";
    history.replaceState(history.state, "", location.pathname + query);
    document.querySelector(".languages").elements.next.value = location.pathname + query;
  });

  // Look at the paintings one by one: arrow keys lead on, Escape leads back to the one that was seen last.
  const dialog = document.createElement("dialog");
  dialog.className = "lightbox";
  dialog.setAttribute("aria-label", said.oneByOne);
  const button = (text, className) => {
    const made = Object.assign(document.createElement("button"), { type: "button", textContent: text, className });
    dialog.append(made);
    return made;
  };
  const shown = Object.assign(new Image(), { className: "lightbox-picture", alt: "" });
  const label = Object.assign(document.createElement("div"), { className: "lightbox-label" });
  const place = Object.assign(document.createElement("p"), { className: "lightbox-place small numbers" });
  place.setAttribute("role", "status");
  dialog.append(shown, label, place);
  const previous = button(said.previous, "quiet lightbox-previous");
  const next = button(said.next, "quiet lightbox-next");
  const close = button(said.close, "quiet lightbox-close");
  let at = null; // the work that is shown
  document.body.append(dialog);

  const works = () => [...document.querySelectorAll("[data-lightbox] > li[data-large]")];

  function show(work) {
    at = work;
    const picture = work.querySelector(".frame img");
    const all = works();
    shown.src = work.dataset.large;
    shown.alt = picture.alt;
    shown.width = picture.width;
    shown.height = picture.height;
    const words = [...work.querySelectorAll(":scope > .label, :scope > .alike-words")];
    label.replaceChildren(...words.map((part) => part.cloneNode(true)));
    place.textContent = said.place.replace("{number}", all.indexOf(work) + 1).replace("{count}", all.length);
    previous.disabled = work === all[0];
    next.disabled = work === all.at(-1);
    if (document.activeElement?.disabled) close.focus();
    if (!dialog.open) dialog.showModal();
  }

  function step(by) {
    const all = works();
    const other = all[all.indexOf(at) + by];
    if (other) show(other);
  }

  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a new tab is wanted
    const link = event.target.closest("[data-lightbox] a.frame");
    const work = link ? link.closest("li[data-large]") : event.target.closest("[data-look]") && works()[0];
    if (!work) return;
    event.preventDefault();
    show(work);
  });
  previous.addEventListener("click", () => step(-1));
  next.addEventListener("click", () => step(1));
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    step(by);
  });
  dialog.addEventListener("close", () => {
    at?.querySelector(".label a")?.focus();
    shown.removeAttribute("src");
  });
})();
