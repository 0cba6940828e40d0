// The curators' room: filters that answer at once, pictures to see large, lists by keyboard, ranks by dragging.
"use strict";

// Filters: a menu that was changed narrows the list at once.

const filters = document.getElementById("filters");

function applyFilters() {
  for (const field of filters.elements) {
    if (field.value === "") field.disabled = true; // keeps empty ones out of the address
  }
  filters.requestSubmit();
}

if (filters) {
  filters.addEventListener("change", (event) => {
    if (event.target.matches("select")) applyFilters();
  });
  filters.addEventListener("submit", () => {
    for (const field of filters.elements) {
      if (field.value === "" && field.name) field.disabled = true;
    }
  });
  // The menu of artists tells its changes through jQuery only.
  if (window.django?.jQuery) {
    django.jQuery(filters).on("select2:select select2:clear", "select", applyFilters);
  }
  window.addEventListener("pageshow", () => {
    for (const field of filters.elements) field.disabled = false;
  });
}

// Pictures to see large: in a dialog; arrow keys go on to the next.

const zoomable = () => [...document.querySelectorAll("a[data-zoom]")];
const words = document.currentScript.dataset; // in the language of the page
let zoom = null;
let shown = null;

function makeZoom() {
  zoom = document.createElement("dialog");
  zoom.className = "zoom";
  zoom.innerHTML = '<img alt=""><p></p><button type="button" class="button"></button>';
  zoom.querySelector("button").textContent = words.close;
  zoom.addEventListener("click", (event) => {
    if (event.target !== zoom.querySelector("p")) zoom.close();
  });
  zoom.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, j: 1, ArrowLeft: -1, ArrowUp: -1, k: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const all = zoomable();
      showLarge(all[(all.indexOf(shown) + step + all.length) % all.length]);
    } else if (event.key === "z") {
      zoom.close();
    }
    event.stopPropagation();
  });
  zoom.addEventListener("close", () => {
    const row = shown?.closest("#result_list tbody tr");
    if (row) stand(row);
    else shown?.focus();
  });
  document.body.append(zoom);
}

function showLarge(link) {
  if (!zoom) makeZoom();
  shown = link;
  const picture = zoom.querySelector("img");
  picture.src = link.href;
  picture.alt = link.dataset.zoom;
  zoom.querySelector("p").textContent = link.dataset.zoom;
  if (!zoom.open) zoom.showModal();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-zoom]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  showLarge(link);
});

// Lists by keyboard.

const rows = () => [...document.querySelectorAll("#result_list tbody tr")];
let current = null;

function stand(row) {
  current?.classList.remove("is-current");
  current = row;
  row.classList.add("is-current");
  row.scrollIntoView({ block: "nearest" });
  row.querySelector("th a, td a:not([data-zoom])")?.focus({ preventScroll: true });
}

function go(step) {
  const all = rows();
  if (!all.length) return;
  const place = all.indexOf(current) + step;
  stand(all[Math.max(0, Math.min(place, all.length - 1))]);
}

const keys = {
  j: () => go(1),
  k: () => go(current ? -1 : 1),
  x: () => current?.querySelector("input.action-select")?.click(),
  z: () => {
    const link = current?.querySelector("a[data-zoom]") ?? document.querySelector("a[data-zoom]");
    if (link) showLarge(link);
  },
  a: () => document.querySelector(".actions select")?.focus(),
  "/": () => document.getElementById("searchbar")?.focus(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest("select, textarea, [contenteditable], .select2-container, dialog")) return;
  if (event.target.matches("input:not([type=checkbox])")) return;
  const act = keys[event.key];
  if (act && document.getElementById("changelist")) {
    event.preventDefault();
    act();
  }
});

// Ranks: by dragging, or with Alt and an arrow key; the number fields always say the same.

for (const ranking of document.querySelectorAll("[data-ranking]")) {
  const places = () =>
    [...ranking.querySelectorAll("tbody tr.form-row:not(.empty-form)")];
  let dragged = null;

  const number = () => {
    places().forEach((place, index) => {
      const field = place.querySelector(`input[name$="-${ranking.dataset.ranking}"]`);
      if (field) field.value = index + 1;
    });
  };

  const move = (place, step) => {
    const other = step < 0 ? place.previousElementSibling : place.nextElementSibling;
    if (!places().includes(other)) return;
    if (step < 0) other.before(place);
    else other.after(place);
    number();
  };

  const prepare = (place) => {
    const cell = place.querySelector(`td.field-${ranking.dataset.ranking}`);
    if (!cell || cell.querySelector(".handle")) return;
    const handle = document.createElement("span");
    handle.className = "handle";
    handle.textContent = "⠿";
    handle.title = ranking.dataset.drag;
    handle.draggable = true;
    handle.setAttribute("aria-hidden", "true");
    handle.addEventListener("dragstart", (event) => {
      dragged = place;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", "");
      event.dataTransfer.setDragImage(place, 10, 10);
      place.classList.add("is-dragged");
    });
    handle.addEventListener("dragend", () => {
      place.classList.remove("is-dragged");
      dragged = null;
      number();
    });
    cell.prepend(handle);
    for (const [text, label, step] of [["↑", ranking.dataset.up, -1], ["↓", ranking.dataset.down, 1]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button step";
      button.textContent = text;
      button.setAttribute("aria-label", label);
      button.addEventListener("click", () => {
        move(place, step);
        button.focus();
      });
      cell.append(button);
    }
  };

  ranking.addEventListener("dragover", (event) => {
    const place = event.target.closest("tr.form-row:not(.empty-form)");
    if (!dragged || !place || place === dragged) return;
    event.preventDefault();
    const middle = place.getBoundingClientRect().top + place.offsetHeight / 2;
    if (event.clientY < middle) place.before(dragged);
    else place.after(dragged);
  });
  ranking.addEventListener("drop", (event) => event.preventDefault());
  ranking.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const place = event.target.closest("tr.form-row");
    if (!event.altKey || !step || !place) return;
    event.preventDefault();
    const { target } = event;
    move(place, step);
    target.focus();
  });
  document.addEventListener("formset:added", (event) => {
    if (ranking.contains(event.target)) {
      prepare(event.target);
      number();
    }
  });
  places().forEach(prepare);
}

// Menus that search: select2 gives what it draws no name but what is chosen, so that an empty one has none.

function nameMenus() {
  for (const menu of document.querySelectorAll("select.select2-hidden-accessible")) {
    const drawn = menu.nextElementSibling?.querySelector(".select2-selection");
    const chosen = drawn?.querySelector(".select2-selection__rendered");
    const label = menu.labels[0];
    if (!chosen || !label) continue;
    label.id ||= `${menu.id}-label`;
    drawn.setAttribute("aria-labelledby", `${label.id} ${chosen.id}`);
    chosen.removeAttribute("role"); // the menu is the field, not the words in it
    chosen.removeAttribute("aria-readonly");
  }
}

// Rows of an inline table: Django names their columns only, not their fields.

function nameFields() {
  for (const field of document.querySelectorAll(".tabular td :is(input, select, textarea):not([type=hidden])")) {
    if (field.labels.length || field.ariaLabel) continue;
    const column = field.closest("table").tHead?.rows[0].cells[columnOf(field.closest("td"))];
    if (column) field.ariaLabel = column.textContent.trim();
  }
}

function columnOf(cell) {
  let column = 0;
  for (let before = cell.previousElementSibling; before; before = before.previousElementSibling) column += before.colSpan;
  return column;
}

function nameAll() {
  nameMenus();
  nameFields();
}

// After select2 has drawn its menus, which may come later than the load event.
if (window.django?.jQuery) django.jQuery(nameAll);
else window.addEventListener("load", nameAll);
document.addEventListener("formset:added", () => setTimeout(nameAll));
