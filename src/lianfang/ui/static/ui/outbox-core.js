/* The outbox without a page: durable store and sending. Used by pages and by the service worker.

   Entry: {client_id, url, body, account, kind, label, page, form, fields, id_field, client_sent_at, created,
           state: waiting|login|attention, attempts, not_before, status, errors, message}
   Instants are ISO strings (client_sent_at) or milliseconds since 1970 (created, not_before). */
(function () {
  "use strict";
  const DATABASE = "lianfang";
  const TIMEOUT = 20000;
  const LEASE = 30000;
  const KEEP_ACCEPTED = 14 * 86400000;
  let opening = null;

  function open() {
    if (!opening) {
      opening = new Promise(function (resolve, reject) {
        const request = self.indexedDB.open(DATABASE, 1);
        request.onupgradeneeded = function () {
          const db = request.result;
          db.createObjectStore("entries", { keyPath: "client_id" });
          db.createObjectStore("accepted", { keyPath: "client_id" });
          db.createObjectStore("drafts", { keyPath: "key" });
          db.createObjectStore("meta", { keyPath: "key" });
        };
        request.onsuccess = function () {
          request.result.onversionchange = function () {
            request.result.close();
            opening = null;
          };
          request.result.onclose = function () {
            opening = null;
          };
          resolve(request.result);
        };
        request.onerror = function () {
          reject(request.error);
        };
        request.onblocked = function () {
          reject(new Error("blocked"));
        };
      });
      opening.catch(function () {
        opening = null;
      });
    }
    return opening;
  }

  /* Runs `work(store)` in one transaction; resolves with the request's result after the commit is on disk. */
  async function transact(name, mode, work) {
    const db = await open();
    return new Promise(function (resolve, reject) {
      const transaction = db.transaction(name, mode, { durability: "strict" });
      let answer;
      transaction.oncomplete = function () {
        resolve(answer);
      };
      transaction.onabort = transaction.onerror = function () {
        reject(transaction.error || new Error("not stored"));
      };
      work(transaction.objectStore(name), function (value) {
        answer = value;
      });
    });
  }

  function put(name, value) {
    return transact(name, "readwrite", function (store) {
      store.put(value);
    });
  }
  function get(name, key) {
    return transact(name, "readonly", function (store, answer) {
      const request = store.get(key);
      request.onsuccess = function () {
        answer(request.result);
      };
    });
  }
  function all(name) {
    return transact(name, "readonly", function (store, answer) {
      const request = store.getAll();
      request.onsuccess = function () {
        answer(request.result);
      };
    });
  }
  function remove(name, key) {
    return transact(name, "readwrite", function (store) {
      store.delete(key);
    });
  }

  /* Puts a changed entry back only if it is still there: a discarded or replaced one must not come back. */
  function update(entry) {
    return transact("entries", "readwrite", function (store) {
      const request = store.get(entry.client_id);
      request.onsuccess = function () {
        if (request.result) store.put(entry);
      };
    });
  }

  async function list(account) {
    const entries = account ? await all("entries") : [];
    return entries
      .filter(function (entry) {
        return entry.account === account;
      })
      .sort(function (a, b) {
        return a.created - b.created;
      });
  }

  function uuid() {
    if (self.crypto.randomUUID) return self.crypto.randomUUID();
    const bytes = self.crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = Array.from(bytes, function (byte) {
      return byte.toString(16).padStart(2, "0");
    }).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  /* Never two flushes at once, over all pages and the worker: Web Locks, or (plain http has none) a lease in the store. */
  async function exclusively(work) {
    if (self.navigator.locks) return self.navigator.locks.request("lianfang-outbox", work);
    const owner = uuid();
    const taken = await transact("meta", "readwrite", function (store, answer) {
      const request = store.get("lease");
      request.onsuccess = function () {
        const free = !request.result || request.result.until < Date.now() || request.result.until > Date.now() + 2 * LEASE;
        if (free) store.put({ key: "lease", owner: owner, until: Date.now() + LEASE });
        answer(free);
      };
    });
    if (!taken) return "busy";
    try {
      return await work(function () {
        return put("meta", { key: "lease", owner: owner, until: Date.now() + LEASE });
      });
    } finally {
      await remove("meta", "lease");
    }
  }

  function request(url, options) {
    const stop = new AbortController();
    const timer = self.setTimeout(function () {
      stop.abort();
    }, TIMEOUT);
    const all = Object.assign({ credentials: "same-origin", redirect: "manual", cache: "no-store", signal: stop.signal }, options);
    return self.fetch(url, all).finally(function () {
      self.clearTimeout(timer);
    });
  }

  async function json(response) {
    if (!(response.headers.get("Content-Type") || "").includes("json")) return null;
    try {
      return await response.json();
    } catch (error) {
      return null;
    }
  }

  /* A fresh token for each flush, and who the server thinks we are (when it says). */
  async function session(url) {
    const response = await request(url, { headers: { Accept: "application/json" } });
    if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) return { login: true };
    const answer = await json(response);
    if (!response.ok || !answer || !answer.csrf_token) throw new Error("no session answer");
    return { token: answer.csrf_token, account: answer.account };
  }

  function fieldErrors(answer) {
    if (!answer || typeof answer !== "object") return [];
    if (Array.isArray(answer.errors)) {
      return answer.errors.map(function (error) {
        return { field: String(error.field || ""), message: String(error.message || error.msg || "") };
      });
    }
    if (Array.isArray(answer.detail)) {
      return answer.detail.map(function (error) {
        const place = (error.loc || []).filter(function (part, index) {
          return index > 1 || (part !== "body" && part !== "payload" && part !== "data");
        });
        return { field: place.join("."), message: String(error.msg || "") };
      });
    }
    return [];
  }

  function message(answer) {
    if (!answer || typeof answer !== "object") return "";
    const words = answer.message || answer.detail;
    return typeof words === "string" ? words : "";
  }

  function retryAfter(response) {
    const value = response.headers.get("Retry-After");
    if (!value) return 0;
    const seconds = Number(value);
    return Number.isFinite(seconds) ? seconds * 1000 : Math.max(0, Date.parse(value) - Date.now()) || 0;
  }

  function backoff(attempts) {
    return Math.min(300000, 2000 * Math.pow(2, Math.min(attempts, 8))) * (0.75 + Math.random() / 2);
  }

  /* One try. Returns {state, status, answer, stop, wait}: what the answer means for the entry. */
  async function send(entry, who) {
    let response;
    try {
      response = await request(entry.url, {
        method: "POST",
        headers: {
          Accept: "application/json",
          "Content-Type": "application/json",
          "X-CSRFToken": who.token,
          "Idempotency-Key": entry.client_id,
          "X-Client-Now": new Date().toISOString(),
          "X-Lianfang-Account": entry.account,
        },
        body: JSON.stringify(entry.body),
      });
    } catch (error) {
      return { state: "waiting", status: 0, stop: true };
    }
    if (response.type === "opaqueredirect") return { state: "login", status: 0, stop: true };
    const answer = await json(response);
    const status = response.status;
    const known = { status: status, answer: answer };
    if (status === 204 || (response.ok && answer !== null)) return Object.assign(known, { state: "accepted" });
    if (status === 409 && answer && (answer.same_body === true || answer.code === "already_accepted")) {
      return Object.assign(known, { state: "accepted" });
    }
    if (status === 401) return Object.assign(known, { state: "login", stop: true });
    if (status === 403 && who.account !== entry.account) return Object.assign(known, { state: "login", stop: true });
    if (status >= 400 && status < 500 && status !== 408 && status !== 425 && status !== 429) {
      return Object.assign(known, { state: "attention" });
    }
    const busy = status === 429 || status === 503;
    return Object.assign(known, { state: "waiting", stop: busy, wait: retryAfter(response) });
  }

  async function settle(entry, outcome) {
    if (outcome.state === "accepted") {
      await put("accepted", {
        client_id: entry.client_id,
        account: entry.account,
        kind: entry.kind,
        form: entry.form,
        at: Date.now(),
        status: outcome.status,
      });
      await remove("entries", entry.client_id);
      return;
    }
    entry.state = outcome.state;
    entry.status = outcome.status;
    entry.attempts = (entry.attempts || 0) + 1;
    entry.errors = outcome.state === "attention" ? fieldErrors(outcome.answer) : [];
    entry.message = outcome.state === "attention" ? message(outcome.answer) : "";
    entry.not_before = outcome.state === "waiting" ? Date.now() + Math.max(backoff(outcome.status ? entry.attempts : Math.min(entry.attempts, 2)), outcome.wait || 0) : 0;
    await update(entry);
  }

  async function prune() {
    const old = (await all("accepted")).filter(function (item) {
      return item.at < Date.now() - KEEP_ACCEPTED;
    });
    for (const item of old) await remove("accepted", item.client_id);
  }

  /* Sends what `account` has waiting. options: csrf (address), force (now, whatever the backoff), tell(type, entry, outcome).
     Returns "done", "offline", "login", "other" (somebody else is signed in) or "busy". */
  function flush(account, options) {
    return exclusively(async function (renew) {
      const due = (await list(account)).filter(function (entry) {
        return entry.state !== "attention" && (options.force || !(entry.not_before > Date.now()));
      });
      if (!due.length) return "done";
      let who;
      try {
        who = await session(options.csrf);
      } catch (error) {
        for (const entry of due) await settle(entry, { state: "waiting", status: 0 });
        return "offline";
      }
      if (who.login || (who.account !== undefined && who.account !== account)) {
        for (const entry of due) {
          await settle(entry, { state: "login", status: 401 });
          await options.tell("login", entry, { status: 401 });
        }
        return who.login ? "login" : "other";
      }
      let result = "done";
      for (const entry of due) {
        if (!(await get("entries", entry.client_id))) continue;
        if (typeof renew === "function") await renew();
        await options.tell("sending", entry, {});
        const outcome = await send(entry, who);
        await settle(entry, outcome);
        await options.tell(outcome.state, entry, outcome);
        if (outcome.stop) {
          result = outcome.state === "login" ? "login" : "offline";
          break;
        }
      }
      await prune();
      return result;
    });
  }

  self.LianfangOutboxCore = {
    open: open,
    put: put,
    get: get,
    all: all,
    remove: remove,
    update: update,
    list: list,
    uuid: uuid,
    flush: flush,
    session: session,
    send: send,
  };
})();
