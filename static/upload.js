// Sending a picture pleasantly: drop, paste, camera, preview, progress, cancel. Without this file the form works all the same.
(() => {
  "use strict";

  const form = document.getElementById("upload");
  if (!form) return;
  const at = (id) => document.getElementById(id);
  const input = form.elements.image;
  const title = form.elements.title;
  const preview = Object.assign(new Image(), { className: "preview", alt: "Your picture, before it is sent", hidden: true });
  const progress = at("progress");
  const bar = at("progress-bar");
  const send = at("send");
  const other = at("other");
  const camera = at("camera");
  const cameraFile = at("camera-file");
  const errors = at("upload-errors");
  const state = at("upload-state");
  const kinds = input.accept.split(",");
  const suffixes = /\.(jpe?g|jfif|png|webp|avif|gif|tiff?)$/i;
  let request = null;

  document.documentElement.classList.add("has-scripts");
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

  function tell(sentence) {
    errors.textContent = sentence;
  }

  // Choosing

  function choose(file) {
    if (!file || request) return false;
    const files = new DataTransfer();
    files.items.add(file);
    input.files = files.files;
    return chosen();
  }

  function chosen() {
    const file = input.files[0];
    state.textContent = "";
    if (!file) {
      forget();
      return false;
    }
    const sentence = problem(file);
    if (sentence) {
      forget();
      tell(sentence);
      input.focus();
      return false;
    }
    tell("");
    show(file);
    return true;
  }

  function show(file) {
    if (preview.src) URL.revokeObjectURL(preview.src);
    preview.src = URL.createObjectURL(file);
    preview.hidden = false;
    preview.onerror = () => { preview.hidden = true; }; // TIFF: browsers cannot show it, we can
    form.classList.add("has-picture");
    state.textContent = `Chosen: ${file.name || "a pasted picture"}`;
    other.hidden = false;
    send.focus({ preventScroll: true });
    form.scrollIntoView({ block: "nearest" });
  }

  function forget() {
    input.value = "";
    if (preview.src) URL.revokeObjectURL(preview.src);
    preview.removeAttribute("src");
    preview.hidden = true;
    other.hidden = true;
    state.textContent = "";
    form.classList.remove("has-picture");
  }

  input.addEventListener("change", chosen);
  other.addEventListener("click", () => input.click());
  camera.addEventListener("click", () => cameraFile.click());
  cameraFile.addEventListener("change", () => {
    choose(cameraFile.files[0]);
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
    const several = event.dataTransfer.files.length > 1;
    if (choose(event.dataTransfer.files[0]) && several) state.textContent += ". One at a time: the first one was taken.";
  });
  document.addEventListener("paste", (event) => {
    const file = event.clipboardData?.files[0];
    if (!file) return;
    event.preventDefault();
    choose(file);
  });

  // Sending

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!input.files.length) {
      tell("Choose a picture first.");
      input.focus();
      return;
    }
    start();
  });

  function start() {
    if (request) return; // a double click sends once
    tell("");
    state.textContent = "";
    busy(true);
    request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
    });
    request.upload.addEventListener("load", () => bar.removeAttribute("value"));
    request.addEventListener("load", () => answered(request));
    request.addEventListener("error", () => stop(lost()));
    request.addEventListener("timeout", () => stop(lost()));
    request.addEventListener("abort", () => stop("", "Not sent. The picture stays chosen."));
    request.timeout = 300000; // 16 MB over a slow line
    request.send(new FormData(form));
  }

  function lost() {
    return navigator.onLine
      ? "The connection was lost. Your picture stays chosen: send it again."
      : "You seem to be offline. Your picture stays chosen: send it when you are back.";
  }

  function answered(done) {
    if (done.status < 400 && done.responseURL !== new URL(form.action).href) {
      location.assign(done.responseURL);
      return; // stays busy until the next page is there
    }
    const page = new DOMParser().parseFromString(done.responseText, "text/html");
    const sentence = page.querySelector("#upload-errors, .errorlist")?.textContent.trim();
    const other = page.querySelector("main p")?.textContent.trim();
    stop(sentence || (done.status >= 400 && other) || "Something went wrong on our side. Your picture stays chosen: try again in a moment.");
  }

  function stop(sentence, note = "") {
    request = null;
    busy(false);
    tell(sentence);
    state.textContent = note;
  }

  function busy(isBusy) {
    form.classList.toggle("is-busy", isBusy);
    form.setAttribute("aria-busy", String(isBusy));
    send.disabled = isBusy;
    other.disabled = isBusy;
    progress.hidden = !isBusy;
    if (isBusy) bar.value = 0;
  }

  at("cancel").addEventListener("click", () => request?.abort());

  window.addEventListener("online", () => {
    if (errors.textContent && !request) {
      tell("");
      state.textContent = "You are back online. Send the picture now.";
    }
  });
  window.addEventListener("pageshow", (event) => { // the back button brings this page as it was left
    if (event.persisted) {
      request = null;
      busy(false);
    } else if (input.files.length) {
      chosen(); // the browser kept the choice over a reload
    }
  });

  // One click on a study sends it

  for (const link of document.querySelectorAll("[data-try]")) {
    link.addEventListener("click", async (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || request) return;
      event.preventDefault();
      try {
        const answer = await fetch(link.dataset.try);
        if (!answer.ok) throw new Error(answer.statusText);
        const picture = await answer.blob();
        title.value = link.dataset.name.slice(0, title.maxLength > 0 ? title.maxLength : 200);
        if (choose(new File([picture], "study.jpg", { type: "image/jpeg" }))) start();
      } catch {
        location.assign(link.href);
      }
    });
  }
})();
