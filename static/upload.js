// Sending pictures pleasantly: drop, paste, camera, several at once, crop and turn, progress, cancel, trying again.
// Without this file the form works all the same, with one picture at a time.
(() => {
  "use strict";

  const form = document.getElementById("upload");
  if (!form) return;
  const at = (id) => document.getElementById(id);
  const make = (tag, fields = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), fields);
    element.append(...children);
    return element;
  };
  const button = (textContent, className, act) => {
    const made = make("button", { type: "button", textContent, className });
    made.addEventListener("click", act);
    return made;
  };
  const input = form.elements.image;
  const title = form.elements.title;
  const preview = make("img", { className: "preview", alt: "Your picture, before it is sent", hidden: true });
  const queue = at("queue");
  const send = at("send");
  const other = at("other");
  const cameraFile = at("camera-file");
  const errors = at("upload-errors");
  const state = at("upload-state");
  const kinds = input.accept.split(",");
  const suffixes = /\.(jpe?g|jfif|png|webp|avif|gif|tiff?)$/i;
  const MOST = 20; // at once
  const PAUSES_S = [2, 4, 8, 15, 30, 30]; // before a lost connection is tried again
  let items = [];
  let isBusy = false;
  let isReplacing = false; // the next choice takes the place of this one

  document.documentElement.classList.add("has-scripts");
  input.multiple = true;
  input.required = false; // what was chosen lies in the rows
  at("drop-words").after(preview);

  // What may be sent, in the words of the server

  function problem(file) {
    if (file.size === 0) return form.dataset.empty;
    if (file.size > Number(form.dataset.maxBytes)) {
      return form.dataset.tooLarge.replace("{size}", `${(file.size / 1048576).toFixed(1)}\u00a0MB`);
    }
    if (kinds.includes(file.type) || suffixes.test(file.name)) return "";
    return file.type.startsWith("image/") ? form.dataset.unsupported : form.dataset.notAPicture;
  }

  const tell = (sentence) => { errors.textContent = sentence; };
  const isOne = () => items.length === 1;
  const waiting = () => items.filter((item) => item.status === "chosen");

  // Choosing

  function choose(files) {
    const chosen = [...files];
    if (!chosen.length || isBusy) return false;
    tell("");
    state.textContent = "";
    if (isReplacing || (items.length && items.every((item) => item.status === "sent"))) forget();
    isReplacing = false;
    if (chosen.length === 1 && !items.length) {
      const sentence = problem(chosen[0]);
      if (sentence) {
        tell(sentence);
        input.focus();
        return false;
      }
    }
    for (const file of chosen.slice(0, MOST - items.length)) add(file);
    if (items.length === MOST) state.textContent = `${MOST} pictures at a time: send these first.`;
    show();
    send.focus({ preventScroll: true });
    form.scrollIntoView({ block: "nearest" });
    return true;
  }

  function add(file) {
    const item = { file, blob: file, url: URL.createObjectURL(file), status: "chosen", cut: null, request: null, tries: 0, timer: 0 };
    item.picture = make("img", { alt: "", src: item.url });
    item.words = make("p", { className: "item-words small" });
    item.words.setAttribute("role", "status");
    item.bar = make("progress", { max: 100, value: 0, hidden: true });
    const name = file.name || "A pasted picture";
    item.bar.setAttribute("aria-label", `Sending ${name}`);
    item.editing = button("Crop or turn", "link small", () => edit(item));
    item.removing = button("Remove", "link small", () => remove(item));
    item.cancelling = button("Cancel", "link small", () => cancel(item));
    item.again = button("Send it again", "link small", () => sendAgain(item));
    for (const [one, words] of [[item.editing, "Crop or turn"], [item.removing, "Remove"], [item.cancelling, "Cancel"], [item.again, "Send again"]]) {
      one.setAttribute("aria-label", `${words} ${name}`);
    }
    item.picture.addEventListener("error", () => { // TIFF: browsers cannot show it, we can
      item.picture.hidden = true;
      item.editing.hidden = true;
      if (isOne()) preview.hidden = true;
    });
    const tools = make("div", { className: "item-tools" }, item.editing, item.removing, item.cancelling, item.again);
    const words = make("div", { className: "item-text" }, make("p", { className: "item-name", textContent: name }), item.words, item.bar, tools);
    item.row = make("li", { className: "item" }, item.picture, words);
    queue.append(item.row);
    items.push(item);
    const sentence = problem(file);
    set(item, sentence ? "wrong" : "chosen", sentence);
  }

  function set(item, status, words = "") {
    item.status = status;
    item.words.textContent = words;
    item.row.classList.toggle("is-wrong", status === "wrong" || status === "lost");
    item.bar.hidden = status !== "sending";
    item.editing.hidden = status !== "chosen" || item.picture.hidden;
    item.removing.hidden = !["chosen", "wrong", "lost"].includes(status);
    item.cancelling.hidden = !["sending", "retrying"].includes(status);
    item.again.hidden = status !== "lost";
  }

  function show() {
    form.classList.toggle("has-picture", items.length > 0);
    form.classList.toggle("has-several", items.length > 1);
    queue.hidden = !items.length;
    const one = isOne() ? items[0] : null;
    preview.hidden = !one || one.picture.hidden;
    if (one) preview.src = one.picture.src;
    other.hidden = !items.length;
    other.textContent = items.length > 1 ? "Choose more" : "Choose another one";
    send.hidden = !waiting().length;
    send.textContent = items.length > 1 ? "What styles are these?" : "What style is it?";
  }

  function remove(item) {
    clearTimeout(item.timer);
    URL.revokeObjectURL(item.url);
    item.row.remove();
    items = items.filter((one) => one !== item);
    tell("");
    show();
    (items.length ? send : input).focus({ preventScroll: true });
  }

  function forget() {
    for (const item of items) {
      clearTimeout(item.timer);
      URL.revokeObjectURL(item.url);
      item.row.remove();
    }
    items = [];
    show();
  }

  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = ""; // the rows hold the files; the same one may be chosen again
    choose(files);
  });
  other.addEventListener("click", () => {
    isReplacing = isOne();
    input.click();
  });
  at("camera").addEventListener("click", () => cameraFile.click());
  cameraFile.addEventListener("change", () => {
    choose(cameraFile.files);
    cameraFile.value = "";
  });

  const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  let depth = 0; // dragging over a child leaves its parent: count
  document.addEventListener("dragenter", (event) => {
    if (carriesFiles(event) && ++depth) form.classList.add("is-target");
  });
  document.addEventListener("dragleave", (event) => {
    if (carriesFiles(event) && --depth <= 0) form.classList.remove("is-target");
  });
  document.addEventListener("dragover", (event) => {
    if (carriesFiles(event)) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    form.classList.remove("is-target");
    choose(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    choose(event.clipboardData.files);
  });

  // Sending, one after the other

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!items.length) {
      tell("Choose a picture first.");
      input.focus();
      return;
    }
    start();
  });

  function start() {
    if (isBusy) return; // a double click sends once
    const item = waiting()[0];
    if (!item) return;
    tell("");
    state.textContent = "";
    busy(true);
    post(item);
  }

  function post(item) {
    const data = new FormData(form);
    data.delete("image");
    data.set("image", item.blob, item.file.name || "picture.jpg");
    if (!isOne()) data.set("title", nameOf(item.file));
    const request = new XMLHttpRequest();
    item.request = request;
    item.bar.value = 0;
    set(item, "sending", "Sending your picture …");
    request.open("POST", form.action);
    request.setRequestHeader("HX-Request", "true"); // the answer is a line, no page
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) item.bar.value = (100 * event.loaded) / event.total;
    });
    request.upload.addEventListener("load", () => item.bar.removeAttribute("value"));
    request.addEventListener("load", () => answered(item, request));
    request.addEventListener("error", () => tryAgain(item));
    request.addEventListener("timeout", () => tryAgain(item));
    request.addEventListener("abort", () => {
      set(item, "chosen", "Not sent. The picture stays chosen.");
      busy(false);
    });
    request.timeout = 300000; // 16 MB over a slow line
    request.send(data);
  }

  // Several pictures are told apart by their files' names, unless a camera gave these.
  function nameOf(file) {
    const words = file.name.replace(/\.[^.]+$/, "").replace(/[_-]+/g, " ").trim();
    return /^(img|dsc|dcim|pxl|image|photo|screenshot|\d|p\d)/i.test(words) ? "" : words.slice(0, 200);
  }

  // The same bytes twice are one picture, so trying again can do no harm.
  function tryAgain(item) {
    const pause = PAUSES_S[item.tries++];
    if (pause === undefined) {
      item.tries = 0;
      set(item, "lost", "The connection was lost, again and again. Your picture is still here: send it again later.");
      busy(false);
      return;
    }
    const reason = navigator.onLine ? "The connection was lost." : "You seem to be offline.";
    set(item, "retrying", `${reason} Nothing is lost, we try again in ${pause} seconds.`);
    item.timer = setTimeout(() => post(item), pause * 1000);
  }

  window.addEventListener("online", () => {
    const item = items.find((one) => one.status === "retrying");
    if (!item) return;
    clearTimeout(item.timer);
    post(item);
  });

  function cancel(item) {
    if (item.status === "sending") {
      item.request.abort();
    } else {
      clearTimeout(item.timer);
      item.tries = 0;
      set(item, "chosen", "Not sent. The picture stays chosen.");
      busy(false);
    }
    send.focus({ preventScroll: true });
  }

  function sendAgain(item) {
    set(item, "chosen");
    show();
    start();
  }

  function answered(item, request) {
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const sent = page.querySelector(".sent");
    if (request.status !== 201 || !sent) {
      refused(item, request.status, page);
      return;
    }
    item.tries = 0;
    if (isOne()) {
      set(item, "sending", "Sent. The answer comes …");
      location.assign(sent.dataset.address);
      return; // stays busy until the next page is there
    }
    set(item, "sent");
    item.words.replaceWith(sent);
    item.words = sent;
    window.htmx?.process(sent);
    next();
  }

  function refused(item, status, page) {
    const sentence = page.querySelector("#upload-errors, .errorlist")?.textContent.trim();
    const line = status >= 400 && page.querySelector("main p")?.textContent.trim();
    const words = sentence || line || "Something went wrong on our side. Your picture stays chosen: try again in a moment.";
    if (isOne()) {
      set(item, "chosen");
      tell(words);
      busy(false);
      return;
    }
    set(item, sentence ? "wrong" : "lost", words);
    if (sentence) next();
    else busy(false);
  }

  function next() {
    busy(false);
    if (waiting().length) {
      start();
      return;
    }
    const sent = items.filter((item) => item.status === "sent").length;
    state.textContent = `${sent} of ${items.length} pictures are sent. The answers appear beside them.`;
  }

  function busy(value) {
    isBusy = value;
    form.classList.toggle("is-busy", value);
    form.setAttribute("aria-busy", String(value));
    send.disabled = value;
    other.disabled = value;
    show();
  }

  window.addEventListener("pageshow", (event) => { // the back button brings this page as it was left
    if (!event.persisted) return;
    for (const item of items) if (item.status === "sending") set(item, "chosen");
    busy(false);
  });
  window.addEventListener("beforeunload", (event) => {
    if (items.length > 1 && isBusy) event.preventDefault(); // the others would not be sent
  });

  // Crop and turn: frames and walls spoil the answer. The file itself stays as it is; every change can be undone.

  const SIDES = ["left", "top", "right", "bottom"];
  const LEAST = 10; // percent that stay of each side
  const canvas = make("canvas", { className: "editor-canvas" });
  const sliders = {};
  const fields = SIDES.map((side) => {
    sliders[side] = make("input", { type: "range", min: 0, max: 100 - LEAST, step: 1, id: `cut-${side}` });
    sliders[side].addEventListener("input", () => cutTo(side, Number(sliders[side].value)));
    return make("div", { className: "field" }, make("label", { htmlFor: `cut-${side}`, textContent: `Cut off ${side}` }), sliders[side]);
  });
  const editor = make("dialog", { className: "editor" });
  editor.setAttribute("aria-labelledby", "editor-title");
  const done = button("Use it like this", "", () => apply());
  editor.append(
    make("h2", { id: "editor-title", textContent: "Crop and turn" }),
    make("p", { className: "small", textContent: "Leave only the painting: no frame, no wall. Drag the edges, or use the sliders. Your file stays as it is." }),
    canvas,
    make("div", { className: "editor-tools" },
      button("Turn left", "quiet", () => turn(-1)), button("Turn right", "quiet", () => turn(1)),
      button("Use the whole picture", "quiet", () => { cut = whole(); draw(); })),
    make("div", { className: "editor-sliders" }, ...fields),
    make("div", { className: "editor-tools" }, done, button("Leave it as it was", "link", () => editor.close())),
  );
  document.body.append(editor);
  const source = new Image();
  const whole = () => ({ turns: 0, left: 0, top: 0, right: 0, bottom: 0 }); // quarters to the right; percent cut off
  let cut = whole();
  let edited = null;

  async function edit(item) {
    edited = item;
    cut = { ...(item.cut ?? whole()) };
    source.src = item.url;
    try {
      await source.decode();
    } catch {
      set(item, "chosen", "This browser cannot crop this kind of file. You can send it as it is.");
      return;
    }
    editor.showModal();
    draw();
  }

  const isLying = () => cut.turns % 2 === 1;
  const turnedSize = () => (isLying() ? [source.naturalHeight, source.naturalWidth] : [source.naturalWidth, source.naturalHeight]);

  function paint(target, scale) { // the turned picture, whole
    const [width, height] = turnedSize();
    const pen = target.getContext("2d");
    pen.save();
    pen.translate((width * scale) / 2, (height * scale) / 2);
    pen.rotate((cut.turns * Math.PI) / 2);
    const [w, h] = [source.naturalWidth * scale, source.naturalHeight * scale];
    pen.drawImage(source, -w / 2, -h / 2, w, h);
    pen.restore();
    return pen;
  }

  function draw() {
    const [width, height] = turnedSize();
    const scale = Math.min(1200 / width, 900 / height, 3);
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const pen = paint(canvas, scale);
    const [x, y] = [(cut.left / 100) * canvas.width, (cut.top / 100) * canvas.height];
    const [right, bottom] = [(1 - cut.right / 100) * canvas.width, (1 - cut.bottom / 100) * canvas.height];
    pen.fillStyle = "rgb(25 24 22 / 0.66)";
    pen.beginPath();
    pen.rect(0, 0, canvas.width, canvas.height);
    pen.rect(x, y, right - x, bottom - y);
    pen.fill("evenodd");
    pen.lineWidth = Math.max(2, canvas.width / 300);
    pen.strokeStyle = "#fffaf3";
    pen.strokeRect(x, y, right - x, bottom - y);
    for (const side of SIDES) sliders[side].value = cut[side];
  }

  const opposite = { left: "right", right: "left", top: "bottom", bottom: "top" };
  function cutTo(side, percent) {
    cut[side] = Math.min(Math.max(percent, 0), 100 - LEAST - cut[opposite[side]]);
    draw();
  }

  function turn(by) {
    const { left, top, right, bottom } = cut;
    const turns = (cut.turns + by + 4) % 4;
    cut = by > 0
      ? { turns, top: left, right: top, bottom: right, left: bottom }
      : { turns, bottom: left, left: top, top: right, right: bottom };
    draw();
  }

  // Drag an edge or a corner; from the middle the whole frame moves.
  let held = null;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(100 * (event.clientX - box.left)) / box.width, (100 * (event.clientY - box.top)) / box.height, box];
  };
  canvas.addEventListener("pointerdown", (event) => {
    const [x, y, box] = place(event);
    const near = { left: x - cut.left, right: 100 - cut.right - x, top: y - cut.top, bottom: 100 - cut.bottom - y };
    const reach = { left: 2800 / box.width, right: 2800 / box.width, top: 2800 / box.height, bottom: 2800 / box.height };
    const sides = SIDES.filter((side) => Math.abs(near[side]) < reach[side]);
    held = { x, y, from: { ...cut }, sides: sides.length ? sides : ["all"] };
    canvas.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!held) return;
    const [x, y] = place(event);
    let [dx, dy] = [x - held.x, y - held.y];
    const { left, top, right, bottom } = held.from;
    if (held.sides[0] === "all") {
      dx = Math.min(Math.max(dx, -left), right);
      dy = Math.min(Math.max(dy, -top), bottom);
      Object.assign(cut, { left: left + dx, right: right - dx, top: top + dy, bottom: bottom - dy });
      draw();
      return;
    }
    const to = { left: left + dx, right: right - dx, top: top + dy, bottom: bottom - dy };
    for (const side of held.sides) cutTo(side, to[side]);
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { held = null; });

  function apply() {
    const item = edited;
    if (["turns", ...SIDES].every((part) => !cut[part])) {
      use(item, item.file, null);
      return;
    }
    const [width, height] = turnedSize();
    const scale = Math.min(1, 4096 / Math.max(width, height));
    const turned = make("canvas", { width: Math.round(width * scale), height: Math.round(height * scale) });
    paint(turned, scale);
    const [x, y] = [Math.round((cut.left / 100) * turned.width), Math.round((cut.top / 100) * turned.height)];
    const out = make("canvas", {
      width: Math.max(32, Math.round(((100 - cut.left - cut.right) / 100) * turned.width)),
      height: Math.max(32, Math.round(((100 - cut.top - cut.bottom) / 100) * turned.height)),
    });
    const pen = out.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, out.width, out.height);
    pen.drawImage(turned, -x, -y);
    out.toBlob((blob) => {
      if (blob) use(item, blob, { ...cut });
      else set(item, "chosen", "This picture is too large to crop here. You can send it as it is.");
      editor.close();
    }, "image/jpeg", 0.95);
  }

  function use(item, blob, wanted) {
    if (item.picture.src !== item.url) URL.revokeObjectURL(item.picture.src);
    item.blob = blob;
    item.cut = wanted;
    item.picture.src = wanted ? URL.createObjectURL(blob) : item.url;
    set(item, "chosen", wanted ? "Cropped or turned. “Crop or turn” brings back what was cut off." : "");
    editor.close();
    show();
    item.editing.focus({ preventScroll: true });
  }

  // One click on a study sends it

  for (const link of document.querySelectorAll("[data-try]")) {
    link.addEventListener("click", async (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || isBusy) return;
      event.preventDefault();
      try {
        const answer = await fetch(link.dataset.try);
        if (!answer.ok) throw new Error(answer.statusText);
        const picture = await answer.blob();
        forget();
        title.value = link.dataset.name.slice(0, title.maxLength > 0 ? title.maxLength : 200);
        if (choose([new File([picture], `${link.dataset.name}.jpg`, { type: "image/jpeg" })])) start();
      } catch {
        location.assign(link.href);
      }
    });
  }
})();
