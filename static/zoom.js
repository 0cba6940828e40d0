// Look closely at a work: the picture fills the window; choosing it again shows its own size, to move about in.
(() => {
  "use strict";

  const words = document.currentScript.dataset;
  const frame = document.getElementById("zoom");
  if (!frame || typeof HTMLDialogElement === "undefined") return;

  const dialog = document.createElement("dialog");
  dialog.className = "closer";
  dialog.setAttribute("aria-label", frame.querySelector("img").alt);
  const room = document.createElement("div");
  room.className = "closer-room";
  room.tabIndex = 0;
  const picture = document.createElement("img");
  picture.alt = frame.querySelector("img").alt;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "quiet closer-close";
  close.textContent = words.close;
  room.append(picture);
  dialog.append(room, close);
  document.body.append(dialog);

  const show = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return; // a new tab is wanted
    event.preventDefault();
    if (!picture.src) picture.src = frame.href;
    dialog.showModal();
  };
  for (const link of document.querySelectorAll("#zoom, [data-zoom]")) link.addEventListener("click", show);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => room.classList.remove("is-close"));

  // Between the whole picture and its own size, around the spot that was chosen.
  const turn = (x, y) => {
    const box = picture.getBoundingClientRect();
    const [left, top] = [(x - box.left) / box.width, (y - box.top) / box.height];
    if (room.classList.toggle("is-close")) {
      room.scrollLeft = left * picture.offsetWidth - room.clientWidth / 2;
      room.scrollTop = top * picture.offsetHeight - room.clientHeight / 2;
    }
  };

  let held = null; // while the picture is dragged
  room.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button) return;
    held = { x: event.clientX, y: event.clientY, left: room.scrollLeft, top: room.scrollTop, moved: false };
  });
  room.addEventListener("pointermove", (event) => {
    if (!held) return;
    const [dx, dy] = [event.clientX - held.x, event.clientY - held.y];
    held.moved ||= Math.hypot(dx, dy) > 5;
    room.scrollTo(held.left - dx, held.top - dy);
  });
  addEventListener("pointerup", () => setTimeout(() => { held = null; }));
  picture.addEventListener("dragstart", (event) => event.preventDefault());
  room.addEventListener("click", (event) => {
    if (held?.moved) return;
    if (event.target === room) dialog.close();
    else turn(event.clientX, event.clientY);
  });
  room.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    const box = picture.getBoundingClientRect();
    turn(box.left + box.width / 2, box.top + box.height / 2);
  });
})();
