// Sending pictures pleasantly: drop, paste, camera, several at once, crop and turn, progress, cancel, trying again.
// Without this file the form works all the same, with one picture at a time.
(() => {
  "use strict";

  // From the browser's memory, as Back brings it: who looks and what is left for today may have changed since.
  const [visit] = performance.getEntriesByType("navigation");
  if (visit?.type === "back_forward" && !visit.transferSize && navigator.onLine) location.reload();

  const form = document.getElementById("upload");
  if (!form) return;
  const said = document.currentScript.dataset; // words in the language of the page; {name} and the like are filled in
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
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
  const preview = make("img", { className: "preview", alt: said.preview, hidden: true });
  const queue = at("queue");
  const send = at("send");
  const other = at("other");
  const cameraFile = at("camera-file");
  const errors = at("upload-errors");
  const state = at("upload-state");
  const kinds = input.accept.split(",");
  const suffixes = /\.(jpe?g|jfif|png|webp|avif|gif|tiff?)$/i;
  const MOST = 20; // at once
  const AWAY = [502, 503, 504]; // the database, or the site behind its proxy: back in a moment
  const PAUSES_S = [2, 4, 8, 15, 30, 30]; // before a lost connection is tried again
  const megabytes = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
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
      const size = fill(form.dataset.megabytes, { size: megabytes.format(file.size / 1048576) });
      return fill(form.dataset.tooLarge, { size: size.replace(" ", "\u00a0") });
    }
    if (kinds.includes(file.type) || suffixes.test(file.name)) return "";
    return file.type.startsWith("image/") ? form.dataset.unsupported : form.dataset.notAPicture;
  }

  const tell = (sentence) => { errors.textContent = sentence; };
  const isOne = () => items.length === 1;
  let edited = null; // is being cut, and waits for that
  let isPaused = false; // only that one is left to be sent
  const waiting = () => items.filter((item) => item.status === "chosen" && item !== edited);

  // Choosing

  function choose(files) {
    const chosen = [...files];
    if (!chosen.length) return false;
    tell("");
    state.textContent = "";
    const isOver = isReplacing || (items.length && items.every((item) => item.status === "sent"));
    if (isOver && !isBusy) forget(); // else these join the queue
    isReplacing = false;
    if (chosen.length === 1 && !items.length) {
      const sentence = problem(chosen[0]);
      if (sentence) {
        tell(sentence);
        input.focus();
        return false;
      }
    }
    if (isOne()) name(items[0], title.value.trim()); // the field is for one alone
    const room = MOST - items.filter((item) => item.status !== "sent").length;
    for (const file of chosen.slice(0, room)) add(file);
    if (chosen.length > room) state.textContent = fill(said.soMany, { count: MOST });
    show();
    send.focus({ preventScroll: true });
    form.scrollIntoView({ block: "nearest" });
    return true;
  }

  function add(file) {
    const item = { file, title: "", url: URL.createObjectURL(file), status: "chosen", cut: null, rectangle: "", request: null, tries: 0, timer: 0 };
    item.picture = make("img", { alt: "", src: item.url });
    item.words = make("p", { className: "item-words small" });
    item.words.setAttribute("role", "status");
    item.bar = make("progress", { max: 100, value: 0, hidden: true });
    item.naming = make("p", { className: "item-name" });
    item.editing = button(said.edit, "link small", () => edit(item));
    item.removing = button(said.remove, "link small", () => remove(item));
    item.cancelling = button(said.cancel, "link small", () => cancel(item));
    item.again = button(said.again, "link small", () => sendAgain(item));
    name(item, "");
    item.picture.addEventListener("error", () => { // TIFF: browsers cannot show it, we can
      item.picture.hidden = true;
      item.editing.hidden = true;
      if (item.status === "chosen") item.words.textContent = said.cannotShow;
      show();
    });
    const tools = make("div", { className: "item-tools" }, item.editing, item.removing, item.cancelling, item.again);
    const words = make("div", { className: "item-text" }, item.naming, item.words, item.bar, tools);
    item.row = make("li", { className: "item", tabIndex: -1 }, item.picture, words);
    queue.append(item.row);
    items.push(item);
    const sentence = problem(file);
    set(item, sentence ? "wrong" : "chosen", sentence);
  }

  // A picture goes by what its sender calls it, else by its file's name.
  function name(item, called) {
    item.title = called;
    const shown = called || item.file.name || said.pasted;
    item.naming.textContent = shown;
    for (const [one, words] of [[item.bar, said.sendingName], [item.editing, said.editName], [item.removing, said.removeName], [item.cancelling, said.cancelName], [item.again, said.againName]]) {
      one.setAttribute("aria-label", fill(words, { name: shown }));
    }
  }

  function set(item, status, words = "") {
    const focused = document.activeElement; // before it is hidden: then it may be none
    item.status = status;
    item.words.textContent = words;
    item.row.classList.toggle("is-wrong", status === "wrong" || status === "lost");
    item.bar.hidden = status !== "sending";
    item.editing.hidden = status !== "chosen" || item.picture.hidden;
    item.removing.hidden = !["chosen", "wrong", "lost"].includes(status);
    item.cancelling.hidden = !["sending", "retrying"].includes(status);
    item.again.hidden = status !== "lost";
    if (focused.hidden && item.row.contains(focused)) keepFocus(item);
  }

  // Takes the focus of a button that goes away. Cancel is the next one from there, but not for a second Enter.
  function keepFocus(item) {
    item.row.focus({ preventScroll: true });
  }

  function show() {
    form.classList.toggle("has-picture", items.length > 0);
    form.classList.toggle("has-several", items.length > 1);
    queue.hidden = !items.length;
    const one = isOne() ? items[0] : null;
    preview.hidden = !one || one.picture.hidden;
    if (one) preview.src = one.picture.src;
    other.hidden = !items.length;
    other.textContent = items.length > 1 ? said.chooseMore : said.chooseOther;
    send.hidden = !waiting().length;
    send.textContent = items.length > 1 ? said.askSeveral : said.askOne;
  }

  function remove(item) {
    clearTimeout(item.timer);
    URL.revokeObjectURL(item.url);
    item.row.remove();
    items = items.filter((one) => one !== item);
    title.value = isOne() ? items[0].title : "";
    tell("");
    show();
    const next = [send, other].find((one) => !one.hidden) ?? input;
    next.focus({ preventScroll: true });
  }

  function forget() {
    for (const item of items) {
      clearTimeout(item.timer);
      URL.revokeObjectURL(item.url);
      item.row.remove();
    }
    items = [];
    title.value = "";
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
  input.addEventListener("cancel", () => { isReplacing = false; });
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
      tell(said.chooseFirst);
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
    if (document.activeElement === send) keepFocus(item);
    busy(true);
    post(item);
  }

  function post(item) {
    const data = new FormData(form);
    data.delete("image");
    data.set("image", item.file, item.file.name || "picture.jpg");
    data.set("crop", item.rectangle);
    data.set("turns", item.cut?.turns ?? 0);
    if (!isOne()) data.set("title", item.title || nameOf(item.file));
    const request = new XMLHttpRequest();
    item.request = request;
    item.bar.value = 0;
    set(item, "sending", said.sending);
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
      set(item, "chosen", said.notSent);
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
  function tryAgain(item, words = navigator.onLine ? said.retryLost : said.retryOffline) {
    const pause = PAUSES_S[item.tries++];
    if (pause === undefined) {
      item.tries = 0;
      set(item, "lost", said.lost);
      busy(false);
      return;
    }
    set(item, "retrying", fill(words, { count: pause }));
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
      set(item, "chosen", said.notSent);
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
    if (AWAY.includes(request.status)) {
      tryAgain(item, said.retryAway);
      return;
    }
    at("pictures-left")?.remove(); // counted before this one
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const sent = page.querySelector(".sent");
    if (request.status !== 201 || !sent) {
      refused(item, request.status, page);
      return;
    }
    item.tries = 0;
    if (isOne()) {
      set(item, "sending", said.sent);
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
    const words = sentence || line || said.broken;
    if (isOne()) {
      set(item, "chosen");
      tell(words);
      busy(false);
      send.focus({ preventScroll: true }); // lost it while nothing could be sent
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
    isPaused = edited !== null;
    if (isPaused) return;
    const sent = items.filter((item) => item.status === "sent").length;
    state.textContent = fill(said.allSent, { sent, count: items.length });
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

  // Crop and turn (crop.js): frames and walls spoil the answer. The file stays as it is; every change can be undone.

  const canvas = make("canvas", { className: "editor-canvas" });
  const cutOff = { left: said.cutLeft, top: said.cutTop, right: said.cutRight, bottom: said.cutBottom };
  const sliders = {};
  const fields = Object.entries(cutOff).map(([side, words]) => {
    sliders[side] = make("input", { type: "range", min: 0, max: 90, step: "any", id: `cut-${side}` });
    return make("div", { className: "field" }, make("label", { htmlFor: `cut-${side}`, textContent: words }), sliders[side]);
  });
  const cropper = window.cropping(canvas, sliders);
  const editor = make("dialog", { className: "editor" });
  editor.setAttribute("aria-labelledby", "editor-title");
  editor.append(
    make("h2", { id: "editor-title", textContent: said.editor }),
    make("p", { className: "small", textContent: said.editorHelp }),
    canvas,
    make("div", { className: "editor-tools" },
      button(said.turnLeft, "quiet", () => cropper.turn(-1)), button(said.turnRight, "quiet", () => cropper.turn(1)),
      button(said.whole, "quiet", () => { cropper.cut = {}; cropper.draw(); })),
    make("div", { className: "editor-sliders" }, ...fields),
    make("div", { className: "editor-tools" }, button(said.use, "", () => apply()), button(said.leave, "link", () => editor.close())),
  );
  document.body.append(editor);

  async function edit(item) {
    edited = item;
    cropper.cut = item.cut ?? {};
    try {
      await cropper.open(item.url);
    } catch {
      set(item, "chosen", said.cannotCrop);
      letGo();
      return;
    }
    editor.showModal();
    cropper.draw();
  }

  // However the editor is left: the picture waits to be sent again, or goes out at once where all others have.
  function letGo() {
    edited = null;
    show();
    if (!isPaused) return;
    isPaused = false;
    start();
  }
  editor.addEventListener("close", letGo);

  // The file goes out whole, with what counts of it; only what is shown here is cut.
  function apply() {
    const item = edited;
    if (window.isWholeCut(cropper.cut)) {
      use(item, null);
      return;
    }
    cropper.show((blob) => {
      if (blob) use(item, blob);
      else set(item, "chosen", said.tooLargeToCrop);
      editor.close();
    });
  }

  function use(item, blob) {
    if (item.picture.src !== item.url) URL.revokeObjectURL(item.picture.src);
    item.cut = blob && cropper.cut;
    item.rectangle = blob ? cropper.rectangle() : "";
    item.picture.src = blob ? URL.createObjectURL(blob) : item.url;
    set(item, "chosen", blob ? said.edited : "");
    editor.close();
    item.editing.focus({ preventScroll: true });
  }

  // One click on a study sends it

  let isTrying = false;
  for (const link of document.querySelectorAll("[data-try]")) {
    link.addEventListener("click", async (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault(); // of the second click, too: the page of the study would end what the first one began
      if (isBusy || isTrying) return;
      isTrying = true;
      try {
        const answer = await fetch(link.dataset.try);
        if (!answer.ok) throw new Error(answer.statusText);
        const picture = await answer.blob();
        if (isBusy) return; // somebody sent a picture of their own meanwhile
        forget();
        if (!choose([new File([picture], `${link.dataset.name}.jpg`, { type: "image/jpeg" })])) return;
        title.value = link.dataset.name.slice(0, title.maxLength > 0 ? title.maxLength : 200);
        start();
      } catch {
        location.assign(link.href);
      } finally {
        isTrying = false;
      }
    });
  }
})();
