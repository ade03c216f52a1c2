/* The outbox of a page: keep first, then send; when to try again; who is told. See README.md for the contract. */
(function () {
  "use strict";
  const core = self.LianfangOutboxCore;
  const root = document.documentElement;
  const account = root.dataset.account || "";
  const csrf = root.dataset.csrfUrl || "/api/csrf";
  const texts = JSON.parse((document.getElementById("lf-texts") || {}).textContent || "{}");
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("lianfang-outbox") : null;
  const waiters = new Map();
  let running = null;
  let again = false;
  let timer = 0;
  let sending = false;

  function text(name, values) {
    return String(texts[name] || name).replace(/\{(\w+)\}/g, function (whole, key) {
      return values && key in values ? values[key] : whole;
    });
  }

  async function counts() {
    const numbers = { waiting: 0, login: 0, attention: 0, sending: sending, offline: navigator.onLine === false };
    for (const entry of await core.list(account)) numbers[entry.state] += 1;
    return numbers;
  }

  function dispatch(detail) {
    document.dispatchEvent(new CustomEvent("lianfang:outbox", { detail: detail }));
  }

  async function tell(type, entry, outcome) {
    const detail = { type: type, entry: entry, status: outcome && outcome.status, response: outcome && outcome.answer };
    if (type !== "sending" && entry && waiters.has(entry.client_id)) {
      const resolve = waiters.get(entry.client_id);
      waiters.delete(entry.client_id);
      resolve({ state: type, status: detail.status, response: detail.response });
    }
    if (channel && type !== "sending") channel.postMessage({ type: type, account: account, entry: entry });
    dispatch(Object.assign(detail, { count: await counts() }));
  }

  async function announce() {
    try {
      dispatch({ type: "count", count: await counts() });
    } catch (error) {
      dispatch({ type: "count", count: { waiting: 0, login: 0, attention: 0, sending: false, offline: !navigator.onLine } });
    }
  }

  async function plan() {
    window.clearTimeout(timer);
    const waiting = (await core.list(account)).filter(function (entry) {
      return entry.state === "waiting";
    });
    if (!waiting.length) return;
    const next = Math.min.apply(
      null,
      waiting.map(function (entry) {
        return entry.not_before || 0;
      }),
    );
    timer = window.setTimeout(flush, Math.min(300000, Math.max(1000, next - Date.now())));
  }

  async function run(force) {
    sending = true;
    try {
      const result = await core.flush(account, { csrf: csrf, force: force, tell: tell });
      for (const [id, resolve] of waiters) {
        const entry = await core.get("entries", id);
        if (!entry || entry.attempts) {
          waiters.delete(id);
          resolve({ state: entry ? entry.state : "accepted", status: entry ? entry.status : undefined });
        }
      }
      return result;
    } finally {
      sending = false;
    }
  }

  /* Sends what waits; a call during a run leads to one more run, never to two at once. */
  function flush(options) {
    if (!account) return Promise.resolve("nobody");
    const force = Boolean(options && options.force);
    if (running) {
      again = true;
      return running;
    }
    running = (async function () {
      let result = "done";
      try {
        do {
          again = false;
          result = await run(force);
        } while (again);
      } catch (error) {
        result = "unavailable";
      } finally {
        running = null;
      }
      await announce();
      await plan().catch(function () {});
      return result;
    })();
    return running;
  }

  function askWorker() {
    if (!("serviceWorker" in navigator)) return;
    navigator.serviceWorker.ready
      .then(function (registration) {
        return registration.sync ? registration.sync.register("lianfang-outbox") : null;
      })
      .catch(function () {});
  }

  /* Without a place to keep it (private window, full disk) an entry is sent directly and the caller told the truth. */
  async function direct(entry) {
    let outcome = { state: "waiting", status: 0 };
    try {
      const who = await core.session(csrf);
      const mine = !who.login && (who.account === undefined || who.account === account);
      outcome = mine ? await core.send(entry, who) : { state: "login", status: 401 };
    } catch (error) {
      outcome = { state: "waiting", status: 0 };
    }
    return { client_id: entry.client_id, kept: false, state: outcome.state, status: outcome.status, response: outcome.answer };
  }

  function place(body, path, value) {
    const parts = path.split(".");
    const last = parts.pop();
    const target = parts.reduce(function (inner, part) {
      inner[part] = inner[part] === undefined ? {} : inner[part];
      return inner[part];
    }, body);
    target[last] = value;
  }

  function same(a, b) {
    return JSON.stringify(a) === JSON.stringify(b);
  }

  /* Keeps one submission durably, then sends. Resolves when kept: {client_id, state: "waiting", kept: true}.
     item: url, body, and optionally kind, label, form, fields, id_field, time_field, page. */
  async function submit(item) {
    if (!account) throw new Error("outbox without an account");
    const now = new Date();
    const entry = {
      client_id: core.uuid(),
      url: item.url,
      body: JSON.parse(JSON.stringify(item.body)),
      raw: JSON.parse(JSON.stringify(item.body)),
      account: account,
      kind: item.kind || "",
      label: item.label || "",
      form: item.form || "",
      fields: item.fields || [],
      id_field: item.id_field || "",
      time_field: item.time_field || "",
      page: item.page || window.location.pathname + window.location.search,
      client_sent_at: now.toISOString(),
      created: now.getTime(),
      state: "waiting",
      attempts: 0,
      not_before: 0,
      errors: [],
    };
    if (entry.id_field) place(entry.body, entry.id_field, entry.client_id);
    if (entry.time_field) place(entry.body, entry.time_field, entry.client_sent_at);
    try {
      const twin = (await core.list(account)).find(function (other) {
        return other.state !== "attention" && other.url === entry.url && same(other.raw, entry.raw);
      });
      if (twin) {
        flush({ force: true });
        return { client_id: twin.client_id, state: "waiting", kept: true };
      }
      await core.put("entries", entry);
    } catch (error) {
      return direct(entry);
    }
    await tell("kept", entry, {});
    askWorker();
    flush();
    return { client_id: entry.client_id, state: "waiting", kept: true };
  }

  /* Resolves after the next try with {state, status, response}; at once when nothing of that id waits. */
  async function settled(id) {
    const entry = await core.get("entries", id);
    if (!entry) return { state: (await core.get("accepted", id)) ? "accepted" : "unknown" };
    if (entry.state === "attention") return { state: "attention", status: entry.status };
    const answer = new Promise(function (resolve) {
      waiters.set(id, resolve);
    });
    flush({ force: true });
    return answer;
  }

  /* Replaces an entry that needed attention by a corrected one with a new id. */
  async function resubmit(id, body) {
    const old = await core.get("entries", id);
    if (!old || old.account !== account) throw new Error("no such entry");
    const next = await submit(Object.assign({}, old, { body: body || old.raw }));
    if (next.kept || next.state === "accepted") await discard(id);
    return next;
  }

  async function discard(id) {
    const entry = await core.get("entries", id);
    if (!entry || entry.account !== account) return;
    await core.remove("entries", id);
    await tell("discarded", entry, {});
  }

  if (channel) {
    channel.onmessage = function (event) {
      if (event.data.account !== account) return;
      core.list(account).then(function () {
        counts().then(function (count) {
          dispatch({ type: event.data.type, entry: event.data.entry, count: count, elsewhere: true });
        });
      });
    };
  }
  if (account) {
    window.addEventListener("online", function () {
      flush({ force: true });
    });
    window.addEventListener("offline", announce);
    document.addEventListener("visibilitychange", function () {
      if (document.visibilityState === "visible") flush();
    });
    window.addEventListener("pageshow", function (event) {
      if (event.persisted) flush();
    });
    document.addEventListener("DOMContentLoaded", function () {
      flush({ force: true });
    });
  }

  window.Lianfang = window.Lianfang || {};
  window.Lianfang.text = text;
  window.Lianfang.account = account;
  window.Lianfang.outbox = {
    submit: submit,
    settled: settled,
    flush: flush,
    list: function () {
      return core.list(account);
    },
    counts: counts,
    discard: discard,
    resubmit: resubmit,
    wasAccepted: async function (id) {
      return Boolean(await core.get("accepted", id));
    },
  };
})();
