/* Declarative use of the outbox: <form data-outbox="/api/…" data-outbox-kind="…">. Attributes are described in README.md. */
(function () {
  "use strict";
  const text = window.Lianfang.text;
  const busy = new WeakSet();

  function value(control) {
    const kind = control.dataset.json || "text";
    const raw = control.type === "checkbox" && kind === "boolean" ? control.checked : control.value.trim();
    if (kind === "number") return raw === "" ? null : Number.isFinite(Number(raw)) ? Number(raw) : raw;
    if (kind === "boolean") return control.type === "checkbox" ? raw : raw === "true" || raw === "1";
    if (kind === "json") return raw === "" ? null : JSON.parse(raw);
    return raw;
  }

  function place(body, path, item) {
    const parts = path.split(".");
    const last = parts.pop();
    let target = body;
    for (const part of parts) target = target[part] = target[part] === undefined ? {} : target[part];
    target[last] = item;
  }

  function controls(form) {
    return Array.from(form.elements).filter(function (control) {
      const plain = control.name && !control.disabled && control.name !== "csrfmiddlewaretoken";
      return plain && !["submit", "button", "file", "reset", "fieldset"].includes(control.type);
    });
  }

  /* The form as JSON by its data attributes; `list` gathers all chosen values, an unticked plain checkbox is left out. */
  function serialise(form, submitter) {
    const body = {};
    const omit = "jsonOmitEmpty" in form.dataset;
    for (const control of controls(form)) {
      const path = control.dataset.jsonPath || control.name;
      const chosen = !["checkbox", "radio"].includes(control.type) || control.checked;
      if (control.dataset.json === "list") {
        const known = path.split(".").reduce(function (inner, part) {
          return inner === undefined ? undefined : inner[part];
        }, body);
        const items = control.multiple
          ? Array.from(control.selectedOptions, function (option) {
              return option.value;
            })
          : chosen && control.value !== ""
            ? [control.value]
            : [];
        place(body, path, (known || []).concat(items));
        continue;
      }
      if (!chosen && control.dataset.json !== "boolean") continue;
      const item = value(control);
      if (omit && (item === "" || item === null)) continue;
      place(body, path, item);
    }
    if (submitter && submitter.name) place(body, submitter.dataset.jsonPath || submitter.name, submitter.value);
    return body;
  }

  function labels(form) {
    return controls(form).map(function (control) {
      const field = control.closest(".lf-field");
      const label = field ? field.querySelector(".lf-label") : control.labels && control.labels[0];
      const words = label && label.firstChild ? label.firstChild.textContent.trim() : control.name;
      return { path: control.dataset.jsonPath || control.name, name: control.name, label: words };
    });
  }

  function result(form) {
    let output = form.querySelector("[data-outbox-result]");
    if (!output) {
      output = document.createElement("output");
      output.setAttribute("data-outbox-result", "");
      form.append(output);
    }
    return output;
  }

  function show(form, tone, words) {
    const output = result(form);
    const box = document.createElement("div");
    box.className = "lf-notice role-" + tone;
    box.textContent = words;
    output.replaceChildren(box);
    form.dataset.outboxState = tone;
  }

  function clearErrors(form) {
    form.querySelectorAll("[data-outbox-error]").forEach(function (node) {
      node.remove();
    });
    form.querySelectorAll("[data-outbox-wrong]").forEach(function (node) {
      node.removeAttribute("data-outbox-wrong");
      node.classList.remove("lf-field-wrong");
    });
    form.querySelectorAll("[data-outbox-invalid]").forEach(function (node) {
      node.removeAttribute("data-outbox-invalid");
      node.removeAttribute("aria-invalid");
      node.classList.remove("is-invalid");
    });
  }

  function atField(form, error) {
    const control = controls(form).find(function (item) {
      return (item.dataset.jsonPath || item.name) === error.field || item.name === error.field.split(".").pop();
    });
    const field = control && control.closest(".lf-field");
    if (!field) return false;
    const line = document.createElement("p");
    line.className = "lf-error";
    line.setAttribute("data-outbox-error", "");
    line.id = control.id + "-outbox-error";
    line.textContent = error.message || text("error_generic");
    (field.querySelector(".lf-control, .lf-pills, .lf-segments") || control).before(line);
    field.classList.add("lf-field-wrong");
    field.setAttribute("data-outbox-wrong", "");
    control.setAttribute("data-outbox-invalid", "");
    control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-describedby", ((control.getAttribute("aria-describedby") || "") + " " + line.id).trim());
    return control;
  }

  function why(entry) {
    if (entry.status === 409) return text("conflict");
    if (entry.status === 403) return entry.message || text("forbidden");
    return entry.message || text("needs_attention");
  }

  function showErrors(form, entry) {
    clearErrors(form);
    form.dataset.outboxEntry = entry.client_id;
    let first = null;
    const rest = [];
    for (const error of entry.errors || []) {
      const control = atField(form, error);
      if (control) first = first || control;
      else if (error.message) rest.push(error.message);
    }
    show(form, "danger", [why(entry)].concat(rest).join(" "));
    if (first) first.focus();
  }

  function key(form) {
    return form.dataset.draft || form.id || form.dataset.outbox;
  }

  function accepted(form) {
    clearErrors(form);
    delete form.dataset.outboxEntry;
    const now = new Date();
    const clock = String(now.getHours()).padStart(2, "0") + ":" + String(now.getMinutes()).padStart(2, "0");
    show(form, "ok", text("accepted", { time: clock }));
    if ("outboxReset" in form.dataset) form.reset();
    if (form.dataset.outboxNext) window.location.assign(form.dataset.outboxNext);
  }

  function outcome(form, entry, state) {
    if (state === "accepted") accepted(form);
    else if (state === "attention") showErrors(form, entry);
    else if (state === "login") show(form, "attention", text("login", { n: 1 }));
    else if (state === "waiting") show(form, "info", text("kept_offline"));
  }

  async function submit(form, submitter) {
    if (busy.has(form)) return;
    busy.add(form);
    try {
      const item = {
        url: form.dataset.outbox,
        body: serialise(form, submitter),
        kind: form.dataset.outboxKind || "",
        label: form.dataset.outboxLabel || "",
        form: key(form),
        fields: labels(form),
        id_field: form.dataset.outboxIdField || "",
        time_field: form.dataset.outboxTimeField || "",
      };
      const old = form.dataset.outboxEntry;
      const kept = await window.Lianfang.outbox.submit(item);
      if (old && (kept.kept || kept.state === "accepted")) await window.Lianfang.outbox.discard(old);
      form.dataset.outboxPending = kept.client_id;
      if (kept.kept) {
        form.dispatchEvent(new CustomEvent("lianfang:kept", { bubbles: true, detail: kept }));
        if (!["ok", "danger"].includes(form.dataset.outboxState) || form.dataset.outboxShown !== kept.client_id) {
          if (!(await window.Lianfang.outbox.wasAccepted(kept.client_id))) {
            show(form, "info", text(navigator.onLine === false ? "kept_offline" : "kept"));
          }
        }
      } else if (kept.state === "accepted") accepted(form);
      else if (kept.state === "attention") showErrors(form, { client_id: "", status: kept.status, errors: [], message: "" });
      else show(form, "danger", text("not_sent"));
    } finally {
      busy.delete(form);
    }
  }

  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.dataset.outbox || !window.Lianfang.account) return;
    event.preventDefault();
    submit(form, event.submitter);
  });

  document.addEventListener("lianfang:outbox", function (event) {
    const entry = event.detail.entry;
    if (!entry || !["accepted", "attention", "login", "waiting"].includes(event.detail.type)) return;
    document.querySelectorAll("form[data-outbox]").forEach(function (form) {
      const mine = form.dataset.outboxPending === entry.client_id || (entry.form && entry.form === key(form) && !event.detail.elsewhere);
      if (!mine) return;
      form.dataset.outboxShown = entry.client_id;
      outcome(form, entry, event.detail.type);
    });
  });

  /* A form whose entry needs attention is filled again with what was typed, its errors at the fields. */
  function fill(form, body) {
    for (const control of controls(form)) {
      const item = (control.dataset.jsonPath || control.name).split(".").reduce(function (inner, part) {
        return inner === undefined || inner === null ? undefined : inner[part];
      }, body);
      if (item === undefined) continue;
      if (control.dataset.json === "list" && control.multiple) {
        for (const option of control.options) option.selected = item.includes(option.value);
      } else if (control.type === "checkbox") {
        control.checked = Array.isArray(item) ? item.map(String).includes(control.value) : control.dataset.json === "boolean" ? Boolean(item) : String(item) === control.value;
      } else if (control.type === "radio") control.checked = String(item) === control.value;
      else control.value = item === null ? "" : typeof item === "object" ? JSON.stringify(item) : String(item);
    }
  }

  document.addEventListener("DOMContentLoaded", async function () {
    if (!window.Lianfang.account || !document.querySelector("form[data-outbox]")) return;
    const entries = await window.Lianfang.outbox.list().catch(function () {
      return [];
    });
    document.querySelectorAll("form[data-outbox]").forEach(function (form) {
      const entry = entries.filter(function (item) {
        return item.form === key(form) && item.url === form.dataset.outbox;
      });
      const wrong = entry.find(function (item) {
        return item.state === "attention";
      });
      if (wrong) {
        fill(form, wrong.raw);
        showErrors(form, wrong);
      } else if (entry.length) outcome(form, entry[0], entry[0].state);
    });
  });

  window.Lianfang.form = { serialise: serialise, fill: fill, place: place, why: why };
})();
