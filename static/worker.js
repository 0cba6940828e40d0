// The service worker. `site` stands above: it comes with the answer of /sw.js (styleart_site/installed.py).
//
// Static files have their content in their names: kept for good, and never asked for again.
// Pages come from the network. Only what is public is kept for a time without connection: pages that the server
// marks (Keep-Offline), and pictures that anybody may see. Pages of an account are never kept.
// A photo that is shared to the app is kept until the home page takes it, somebody signs out, or ten minutes are over.
"use strict";

const FILES = `files-${site.version}`;
const SEEN = `seen-${site.version}`;
const SHARED = "shared";
const MOST = { page: 60, image: 240 };
const SHARED_S = 600;
const ONLY_LANGUAGE = "/offline/language"; // no page: the language of the last one is kept under it
const isVersioned = /\.[0-9a-f]{12}\.\w+$/;

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(prepare());
});

async function prepare() {
  const files = await caches.open(FILES);
  // Without cookies: an offline page that greets somebody by name would stay after they have left.
  const pages = Object.values(site.offline).map((url) => new Request(url, { credentials: "omit", cache: "reload" }));
  await files.addAll([...site.files, ...pages]);
}

self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

async function takeOver() {
  const current = new Set([FILES, SEEN, SHARED]);
  for (const name of await caches.keys()) if (!current.has(name)) await caches.delete(name);
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST") {
    if (url.pathname === site.share) event.respondWith(takeShared(request));
    else if (site.leaving.includes(url.pathname)) event.waitUntil(caches.delete(SHARED));
    return;
  }
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (url.pathname.startsWith(site.static)) {
    if (isVersioned.test(url.pathname)) event.respondWith(file(request));
  } else if (request.destination === "image") event.respondWith(picture(event));
});

async function file(request) {
  const files = await caches.open(FILES);
  const kept = await files.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await files.put(request, answer.clone()).catch(() => {}); // no room: then not
  return answer;
}

async function page(event) {
  try {
    const answer = (await event.preloadResponse) ?? (await fetch(event.request));
    // A copy that nobody reads would be kept in memory, all of it: of an export, gigabytes.
    const isKept = answer.headers.has("Keep-Offline");
    event.waitUntil(remember(event.request, isKept ? answer.clone() : answer));
    return answer;
  } catch {
    const seen = await caches.open(SEEN);
    return (await seen.match(event.request, { ignoreVary: true })) ?? offline();
  }
}

async function remember(request, answer) {
  const seen = await caches.open(SEEN);
  const language = answer.headers.get("Content-Language");
  if (language) await seen.put(ONLY_LANGUAGE, new Response(language));
  if (answer.ok && !answer.redirected && answer.headers.has("Keep-Offline")) await keep(seen, request, answer, "page");
  else if (answer.ok) await seen.delete(request, { ignoreVary: true }); // somebody has signed in: show no older one
}

async function offline() {
  const seen = await caches.open(SEEN);
  const language = await (await seen.match(ONLY_LANGUAGE))?.text();
  const files = await caches.open(FILES);
  return files.match(site.offline[language] ?? Object.values(site.offline)[0]);
}

async function picture(event) {
  try {
    const answer = await fetch(event.request);
    const isPublic = /\bpublic\b/.test(answer.headers.get("Cache-Control") ?? "");
    if (answer.status === 200 && isPublic) {
      const copy = answer.clone(); // now: later the browser has read the answer
      event.waitUntil(caches.open(SEEN).then((seen) => keep(seen, event.request, copy, "image")));
    }
    return answer;
  } catch {
    const seen = await caches.open(SEEN);
    return (await seen.match(event.request, { ignoreVary: true })) ?? Response.error();
  }
}

// Keep one more, and let go of the oldest ones of its kind.
async function keep(seen, request, answer, kind) {
  try {
    await seen.put(request, answer);
  } catch {
    return; // no room: then not
  }
  const kept = (await seen.keys()).filter((one) => isPicture(one) === (kind === "image") && !one.url.endsWith(ONLY_LANGUAGE));
  for (const old of kept.slice(0, Math.max(kept.length - MOST[kind], 0))) await seen.delete(old);
}

const isPicture = (request) => /\.(jpe?g|png|webp|avif)$/.test(new URL(request.url).pathname);

// A photo shared to the app: it goes no further than this browser until somebody presses "send" on the home page.
async function takeShared(request) {
  const shared = await caches.open(SHARED);
  for (const old of await shared.keys()) await shared.delete(old);
  try {
    const form = await request.formData();
    const pictures = form.getAll("image").filter((one) => one instanceof File && one.size);
    for (const [at, picture] of pictures.entries()) {
      const headers = { "Content-Type": picture.type || "application/octet-stream", "X-Name": encodeURIComponent(picture.name), "X-Until": String(Date.now() + 1000 * SHARED_S) };
      await shared.put(`${site.share}${at}`, new Response(picture, { headers }));
    }
    return Response.redirect(`${site.home}?shared=${pictures.length}`, 303);
  } catch {
    return Response.redirect(`${site.home}?shared=0`, 303);
  }
}
