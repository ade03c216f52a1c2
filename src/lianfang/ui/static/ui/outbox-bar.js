/* The offline bar: how much waits on this phone and why, and the list of what needs attention. */
(function () {
  "use strict";
  const text = window.Lianfang.text;
  let sentBefore = false;

  function clock(iso) {
    const at = new Date(iso);
    const two = function (n) {
      return String(n).padStart(2, "0");
    };
    return two(at.getMonth() + 1) + "-" + two(at.getDate()) + " " + two(at.getHours()) + ":" + two(at.getMinutes());
  }

  function what(count) {
    if (count.attention) return { tone: "danger", icon: "alert-triangle", words: text("attention", { n: count.attention }), attention: true };
    if (count.login) return { tone: "attention", icon: "lock", words: text("login", { n: count.login }), login: true };
    if (count.waiting && count.offline) return { tone: "late", icon: "wifi-off", words: text("waiting_offline", { n: count.waiting }) };
    if (count.waiting && count.sending) return { tone: "info", icon: "cloud-up", words: text("sending", { n: count.waiting }) };
    if (count.waiting) return { tone: "attention", icon: "cloud-up", words: text("waiting", { n: count.waiting }), retry: true };
    if (count.offline) return { tone: "late", icon: "wifi-off", words: text("offline") };
    return null;
  }

  function draw(bar, count) {
    const shown = what(count);
    const waited = bar.dataset.had === "yes";
    bar.dataset.had = count.waiting + count.login + count.attention > 0 ? "yes" : "no";
    if (!shown) {
      if (waited && !bar.hidden) window.Lianfang.announce(text("all_sent"), "ok");
      bar.hidden = true;
      return;
    }
    bar.hidden = false;
    bar.className = "lf-offline role-" + shown.tone;
    const icon = bar.querySelector("[data-bar-icon]");
    icon.setAttribute("href", icon.dataset.base + "#" + shown.icon);
    const line = bar.querySelector("[data-bar-text]");
    if (line.textContent !== shown.words) line.textContent = shown.words;
    bar.querySelector("[data-bar-retry]").hidden = !shown.retry;
    bar.querySelector("[data-bar-attention]").hidden = !count.attention;
    const login = bar.querySelector("[data-bar-login]");
    login.hidden = !count.login;
    const here = encodeURIComponent(window.location.pathname + window.location.search);
    login.href = login.dataset.loginUrl + "?next=" + here;
  }

  function element(tag, className, words) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (words !== undefined) node.textContent = words;
    return node;
  }

  function at(body, path) {
    return path.split(".").reduce(function (inner, part) {
      return inner === undefined || inner === null ? undefined : inner[part];
    }, body);
  }

  /* One thing that was not accepted: why, the wrong values to correct here, or the page where it was written. */
  function entryNode(entry) {
    const node = element("form", "lf-outbox-entry");
    node.dataset.entry = entry.client_id;
    node.append(element("h3", "", [entry.kind, entry.label].filter(Boolean).join(" · ") || entry.url));
    node.append(element("p", "lf-help", text("entry_written", { time: clock(entry.client_sent_at) })));
    node.append(element("p", "", window.Lianfang.form.why(entry)));
    const inputs = [];
    for (const error of entry.errors || []) {
      const known = (entry.fields || []).find(function (field) {
        return field.path === error.field || field.name === error.field.split(".").pop();
      });
      const path = known ? known.path : error.field;
      const old = path ? at(entry.raw, path) : undefined;
      const field = element("div", "lf-field lf-field-wrong");
      const id = "entry-" + entry.client_id + "-" + inputs.length;
      const label = element("label", "lf-label", known ? known.label : error.field);
      label.htmlFor = id;
      field.append(label, element("p", "lf-error", error.message || text("error_generic")));
      if (old !== undefined && (old === null || typeof old !== "object")) {
        const input = element("input", "form-control is-invalid");
        input.id = id;
        input.value = old === null ? "" : String(old);
        inputs.push({ input: input, path: path, number: typeof old === "number" || old === null });
        field.append(input);
      }
      node.append(field);
    }
    const buttons = element("div", "lf-button-set");
    if (inputs.length) {
      const again = element("button", "lf-button lf-button-primary", text("correct"));
      again.type = "submit";
      buttons.append(again);
    }
    if (entry.page && !inputs.length) {
      const link = element("a", "lf-button lf-button-secondary", text("attention_link"));
      link.href = entry.page;
      buttons.append(link);
    }
    const drop = element("button", "lf-button lf-button-quiet", text("discard"));
    drop.type = "button";
    drop.addEventListener("click", function () {
      if (window.confirm(text("discard_confirm"))) window.Lianfang.outbox.discard(entry.client_id);
    });
    buttons.append(drop);
    node.append(buttons);
    node.addEventListener("submit", function (event) {
      event.preventDefault();
      const body = JSON.parse(JSON.stringify(entry.raw));
      for (const item of inputs) {
        const raw = item.input.value.trim();
        const number = item.number && raw !== "" && Number.isFinite(Number(raw));
        window.Lianfang.form.place(body, item.path, item.number && raw === "" ? null : number ? Number(raw) : raw);
      }
      window.Lianfang.outbox.resubmit(entry.client_id, body);
    });
    return node;
  }

  async function list() {
    const holder = document.querySelector("[data-outbox-attention]");
    if (!holder) return;
    const entries = (await window.Lianfang.outbox.list()).filter(function (entry) {
      return entry.state === "attention";
    });
    holder.replaceChildren.apply(holder, entries.map(entryNode));
    if (!entries.length && holder.closest("dialog").open) holder.closest("dialog").close();
  }

  document.addEventListener("lianfang:outbox", function (event) {
    const bar = document.querySelector("[data-offline-bar]");
    if (bar) draw(bar, event.detail.count);
    if (event.detail.type !== "sending") list().catch(function () {});
    if (event.detail.type === "accepted") sentBefore = true;
    document.documentElement.dataset.outboxSent = sentBefore ? "yes" : "no";
  });
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-bar-retry]")) window.Lianfang.outbox.flush({ force: true });
  });
})();
