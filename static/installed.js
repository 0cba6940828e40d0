// Let the service worker take care of connections that fail; see worker.js. Nobody is asked to install anything.
if ("serviceWorker" in navigator) {
  const { worker } = document.currentScript.dataset;
  window.addEventListener("load", () => {
    navigator.serviceWorker.register(worker, { scope: "/", updateViaCache: "none" }).catch(() => {}); // works without
  });
}
