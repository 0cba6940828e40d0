// Lists that go on when their end comes near. Underneath is a link to the next page, which works without this file.
//
// After three pages a button asks, so that the foot of the page can be reached. The address follows the page in view,
// and coming back brings the same works to the same place. Who wants less data or less motion is always asked.
(() => {
  "use strict";

  const AUTOMATIC = 3; // pages in a row that come without being asked for
  const NEAR = "0px 0px 900px 0px"; // about one screen before the end
  const nav = () => document.getElementById("wall-pages");
  const list = document.getElementById(nav()?.dataset.list);
  if (!list) return;
  const status = document.getElementById("wall-said");
  const wants = (media) => window.matchMedia(media).matches;
  const isAsked = wants("(prefers-reduced-data: reduce)") || wants("(prefers-reduced-motion: reduce)") || navigator.connection?.saveData === true;
  const here = () => location.pathname + location.search;
  let pages = [{ address: here(), first: list.firstElementChild }]; // what hangs, in its order
  let left = isAsked ? 0 : AUTOMATIC;
  let loading = null; // the page that is on its way
  let isRestoring = false; // standing where one was scrolls, and must not fetch what comes anyway

  const more = () => nav()?.querySelector("a.more");

  // The next page, by itself or by the button

  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting) || left < 1 || loading || isRestoring || !more()) return;
    left -= 1;
    window.htmx.trigger(more(), "near");
  }, { rootMargin: NEAR });
  const watch = () => {
    observer.disconnect();
    if (nav()) observer.observe(nav());
  };
  window.addEventListener("scroll", watch, { once: true, passive: true }); // a page at rest stays as it is

  document.addEventListener("click", (event) => {
    if (event.target.closest("#wall-pages a.more") && !isAsked) left = AUTOMATIC;
  }, true);

  document.addEventListener("htmx:before:request", (event) => {
    const link = event.detail?.ctx?.sourceElement;
    if (!link || link !== more()) return;
    loading = { address: link.getAttribute("href"), count: list.children.length, isChosen: link === document.activeElement };
    link.setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:after:swap", () => {
    if (!loading || list.children.length === loading.count) return;
    const first = list.children[loading.count];
    pages.push({ address: new URL(loading.address, location.href).pathname + new URL(loading.address, location.href).search, first });
    if (loading.isChosen) first.querySelector("a[href]:not([tabindex='-1'])")?.focus({ preventScroll: true }); // go on where the list ended
    loading = null;
    say(nav()?.dataset.said ?? "");
    keep();
    watch();
  });
  const fail = (event) => {
    const link = event.detail?.ctx?.sourceElement;
    if (!loading || !link?.classList.contains("more")) return;
    const { isChosen } = loading;
    loading = null;
    left = 0; // the link stays, for when the connection is back
    link.removeAttribute("aria-busy");
    if (isChosen) location.assign(link.href); // the browser's own page says what is wrong
  };
  document.addEventListener("htmx:error", fail);
  document.addEventListener("htmx:response:error", fail);

  function say(words) {
    status.textContent = ""; // the same words twice would not be heard
    setTimeout(() => { status.textContent = words; }, 100);
  }

  // Where one stands: the address is that of the page in view, and the history remembers the work on top

  const nameOf = (item) => item.querySelector("a[href]")?.getAttribute("href");
  const topOf = (item) => item.getBoundingClientRect().top;

  function pageInView() {
    const middle = window.innerHeight / 2;
    return pages.findLast((page) => page.first?.isConnected && topOf(page.first) < middle) ?? pages[0];
  }

  function keep() {
    const shown = [...list.children].find((item) => item.getBoundingClientRect().bottom > 0);
    const wall = { pages: pages.map((page) => page.address), name: shown && nameOf(shown), top: shown && topOf(shown), y: window.scrollY };
    history.scrollRestoration = pages.length > 1 ? "manual" : "auto";
    history.replaceState({ ...history.state, wall }, "", pages.length > 1 ? pageInView().address : undefined);
  }

  let resting = 0;
  window.addEventListener("scroll", () => {
    clearTimeout(resting);
    resting = setTimeout(keep, 120);
  }, { passive: true });
  document.addEventListener("click", keep, true); // before a link is followed

  // Coming back: the page in view is here already; those before and after it are fetched again

  function stand(name, top) {
    const item = [...list.children].find((one) => nameOf(one) === name);
    if (item) window.scrollBy({ top: topOf(item) - top, behavior: "instant" });
    return item;
  }

  async function restore({ pages: addresses, name, top, y }) {
    const shown = addresses.indexOf(here());
    if (addresses.length < 2 || shown < 0) return;
    const isAbove = name === nameOf(list.children[0]) && shown === 0 && top > 0; // above the list
    if (isAbove) window.scrollTo({ top: y, behavior: "instant" });
    const item = isAbove ? null : stand(name, top);
    const found = await Promise.all(addresses.map((address, at) => (at === shown ? document : read(address))));
    if (found.includes(null)) return; // what is here stays, with its links
    const still = item && topOf(item);
    document.documentElement.classList.add("holds-still");
    const own = [...list.children];
    pages = addresses.map((address, at) => {
      const items = at === shown ? own : [...found[at].getElementById(list.id).children].map((one) => document.adoptNode(one));
      if (at < shown) own[0].before(...items);
      if (at > shown) list.append(...items);
      return { address, first: items[0] };
    });
    if (shown > 0 && document.getElementById("wall-top")) {
      for (const id of ["wall-top", "works"]) document.getElementById(id).replaceWith(document.adoptNode(found[0].getElementById(id)));
    }
    if (shown < addresses.length - 1) nav().replaceWith(document.adoptNode(found.at(-1).getElementById("wall-pages")));
    window.htmx.process(list);
    window.htmx.process(nav());
    if (item) window.scrollBy({ top: topOf(item) - still, behavior: "instant" });
    document.documentElement.classList.remove("holds-still");
    keep();
  }

  async function read(address) {
    try {
      const answer = await fetch(address);
      const page = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
      return page && page.getElementById(list.id) && page.getElementById("wall-pages") ? page : null;
    } catch {
      return null;
    }
  }

  if (history.state?.wall) {
    isRestoring = true;
    restore(history.state.wall).finally(() => {
      isRestoring = false;
      watch();
    });
  }
})();
