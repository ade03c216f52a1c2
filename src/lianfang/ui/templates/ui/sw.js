/* Service worker: keeps the shell and the pages marked data-offline, sends the outbox when the network is back.
   Network first for pages; the API is never kept; a page is kept for the account that opened it only. */
"use strict";
const SETUP = {{ setup|safe }};
importScripts(SETUP.core);
const SHELL = "lianfang-shell-" + SETUP.version;
const PAGES = "lianfang-pages-";

self.addEventListener("install", function (event) {
  event.waitUntil(
    caches
      .open(SHELL)
      .then(function (cache) {
        return cache.addAll(
          SETUP.assets.concat([SETUP.offline]).map(function (url) {
            return new Request(url, { cache: "reload", credentials: url === SETUP.offline ? "omit" : "same-origin" });
          }),
        );
      })
      .then(function () {
        return self.skipWaiting();
      }),
  );
});

self.addEventListener("activate", function (event) {
  event.waitUntil(
    caches
      .keys()
      .then(function (names) {
        return Promise.all(
          names
            .filter(function (name) {
              return name.startsWith("lianfang-shell-") && name !== SHELL;
            })
            .map(function (name) {
              return caches.delete(name);
            }),
        );
      })
      .then(function () {
        return self.clients.claim();
      }),
  );
});

async function forgetPages(except) {
  for (const name of await caches.keys()) {
    if (name.startsWith(PAGES) && name !== except) await caches.delete(name);
  }
}

/* Reads the marks in the page itself: whose it is, and whether it may be kept. */
async function keep(request, response) {
  if (!response.ok || response.redirected || !(response.headers.get("Content-Type") || "").includes("text/html")) return;
  const html = await response.clone().text();
  const account = (/<html[^>]*\sdata-account="([^"]*)"/.exec(html) || [])[1];
  if (!account) return;
  const name = PAGES + account;
  await forgetPages(name);
  if (!/<body[^>]*\sdata-offline[\s>=]/.test(html)) return;
  const cache = await caches.open(name);
  await cache.put(new Request(request.url), response);
}

async function page(event) {
  try {
    const response = await fetch(event.request);
    event.waitUntil(keep(event.request, response.clone()).catch(function () {}));
    return response;
  } catch (error) {
    for (const name of await caches.keys()) {
      if (!name.startsWith(PAGES)) continue;
      const kept = await (await caches.open(name)).match(event.request.url);
      if (kept) return kept;
    }
    const offline = await (await caches.open(SHELL)).match(SETUP.offline);
    return offline || Response.error();
  }
}

async function asset(request) {
  const cache = await caches.open(SHELL);
  const kept = await cache.match(request);
  if (kept && !SETUP.fresh) return kept;
  try {
    return await fetch(request);
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("fetch", function (event) {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate") event.respondWith(page(event));
  else if (SETUP.assets.includes(url.pathname)) event.respondWith(asset(event.request));
});

/* Background sync: open pages send; with none open the worker does, if the server says whose session it is. */
async function send() {
  const open = await self.clients.matchAll({ type: "window" });
  if (open.length) {
    open.forEach(function (client) {
      client.postMessage({ type: "flush" });
    });
    return;
  }
  const who = await LianfangOutboxCore.session("/api/csrf");
  if (!who.account) return;
  const result = await LianfangOutboxCore.flush(who.account, { csrf: "/api/csrf", force: true, tell: async function () {} });
  if (result === "offline") throw new Error("not sent yet");
}

self.addEventListener("sync", function (event) {
  if (event.tag === "lianfang-outbox") event.waitUntil(send());
});
self.addEventListener("message", function (event) {
  if (event.data && event.data.type === "logout") event.waitUntil(forgetPages(""));
});
