// A page that nobody sees asks for nothing; once it is seen again, it asks at once.
(() => {
  "use strict";

  document.addEventListener("every", (event) => {
    if (document.hidden) event.stopPropagation();
  }, true);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    for (const waiting of document.querySelectorAll('[hx-trigger*="every "]')) waiting.dispatchEvent(new CustomEvent("every"));
  });
})();
