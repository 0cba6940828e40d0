// On the offline page: what was seen before and opens all the same, and going on once the site answers again.
(async () => {
  "use strict";

  // Asked, not told: a cable or a hotel's network may be there without the internet, and a server may be away.
  const goOn = async () => {
    const isThere = !document.hidden && (await fetch("/healthz", { cache: "no-store" }).then((answer) => answer.ok, () => false));
    if (isThere) location.reload();
    else setTimeout(goOn, 4000);
  };
  setTimeout(goOn, 4000);
  document.getElementById("again").addEventListener("click", (event) => {
    event.preventDefault();
    location.reload(); // the address is still that of the page one wanted
  });
  if (!("caches" in window)) return;
  const list = document.getElementById("seen");
  const name = (await caches.keys()).find((one) => one.startsWith("seen-"));
  if (!name) return;
  const seen = await caches.open(name);
  for (const request of (await seen.keys()).reverse()) {
    const answer = await seen.match(request);
    if (!answer.headers.get("Content-Type")?.startsWith("text/html")) continue;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const link = document.createElement("a");
    link.href = request.url;
    link.textContent = page.title.replace(/ · StyleArt$/, "");
    const item = document.createElement("li");
    item.append(link);
    list.append(item);
    if (list.children.length === 24) break;
  }
  document.getElementById("seen-part").hidden = !list.children.length;
})();
