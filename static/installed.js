// Let the service worker take care of connections that fail; see worker.js. Nobody is asked to install anything.
if ("serviceWorker" in navigator) {
  window.addEventListener("load", () => {
    navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" }).catch(() => {}); // works without
  });
}
