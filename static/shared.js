// A photo that was shared to the app: chosen on the home page, ready to be sent. It comes from the service worker.
(async () => {
  "use strict";

  const shared = new URLSearchParams(location.search).get("shared");
  if (shared === null || !("caches" in window)) return;
  history.replaceState(history.state, "", location.pathname); // reloading shall not look for it again
  const words = document.currentScript.dataset;
  const input = document.querySelector("#upload input[type=file]");
  if (!input) return; // none left for today: it stays for ten minutes
  const kept = await caches.open("shared");
  const files = new DataTransfer();
  for (const request of await kept.keys()) {
    const answer = await kept.match(request);
    await kept.delete(request);
    if (Number(answer.headers.get("X-Until")) < Date.now()) continue;
    const name = decodeURIComponent(answer.headers.get("X-Name"));
    files.items.add(new File([await answer.blob()], name, { type: answer.headers.get("Content-Type") }));
  }
  if (!files.files.length) {
    document.getElementById("upload-errors").textContent = words.lost;
    return;
  }
  input.files = files.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
})();
