// The answer page: maps over the picture. Without this file the maps are links.
(() => {
  "use strict";

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
  }

  function turnOff() {
    map?.remove();
    map = null;
    press(null);
    words("");
  }

  function strengthen() {
    if (map) map.style.opacity = document.getElementById("why-strength").value / 100;
  }

  function lay(link) {
    const frame = document.querySelector(".room-picture .frame");
    const picture = frame.querySelector("img");
    map?.remove();
    map = Object.assign(new Image(picture.width, picture.height), { className: "why-map", alt: "" });
    map.addEventListener("error", () => {
      turnOff();
      words("This map cannot be drawn now. Try again in a moment.");
    });
    map.addEventListener("load", () => words(`Shown over your picture: parts that speak for ${link.dataset.name}.`));
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
  });
  document.addEventListener("htmx:after:swap", equip);
  equip();
})();
