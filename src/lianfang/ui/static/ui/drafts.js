/* Keeps what is typed in forms marked data-draft, per account, until it was accepted. Passwords and files are never kept.

   A plain form's draft is marked as submitted when it is sent; it is forgotten on the next signed-in page that shows a
   success, or that does not show the form again. A login or error page in between takes the mark away: nothing is lost. */
(function () {
  "use strict";
  const core = self.LianfangOutboxCore;
  const account = window.Lianfang.account;
  const text = window.Lianfang.text;
  const timers = new WeakMap();
  const MAX_AGE = 7 * 86400000;

  function key(form) {
    return account + "|" + window.location.pathname + "|" + form.dataset.draft;
  }

  function keepable(control) {
    const kinds = ["password", "file", "hidden", "submit", "button", "reset", "fieldset"];
    return control.name && !control.disabled && !kinds.includes(control.type) && !("noDraft" in control.dataset);
  }

  function read(form) {
    return Array.from(form.elements)
      .filter(keepable)
      .map(function (control) {
        const ticked = ["checkbox", "radio"].includes(control.type);
        const chosen = control.multiple
          ? Array.from(control.selectedOptions, function (option) {
              return option.value;
            })
          : null;
        return { name: control.name, value: ticked || chosen ? control.value : control.value, ticked: ticked ? control.checked : null, chosen: chosen };
      });
  }

  function write(form, items) {
    for (const item of items) {
      for (const control of form.elements) {
        if (control.name !== item.name || !keepable(control)) continue;
        if (item.ticked !== null) {
          if (control.value === item.value) control.checked = item.ticked;
        } else if (item.chosen) {
          for (const option of control.options) option.selected = item.chosen.includes(option.value);
        } else control.value = item.value;
      }
    }
    form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function save(form) {
    window.clearTimeout(timers.get(form));
    timers.delete(form);
    return core.put("drafts", { key: key(form), account: account, items: read(form), at: Date.now(), submitted: false }).catch(function () {});
  }

  function forget(form) {
    window.clearTimeout(timers.get(form));
    timers.delete(form);
    return core.remove("drafts", key(form)).catch(function () {});
  }

  function tellRestored(form) {
    const box = document.createElement("div");
    box.className = "lf-notice role-info";
    box.setAttribute("role", "status");
    box.setAttribute("data-draft-notice", "");
    const words = document.createElement("div");
    words.className = "lf-notice-body";
    words.textContent = text("draft_restored");
    const clear = document.createElement("button");
    clear.type = "button";
    clear.className = "lf-button lf-button-sm lf-button-secondary";
    clear.textContent = text("draft_clear");
    clear.addEventListener("click", function () {
      form.reset();
      forget(form);
      box.remove();
    });
    box.append(words, clear);
    form.prepend(box);
  }

  async function restore(form) {
    if (form.querySelector("[aria-invalid='true']")) return;
    const draft = await core.get("drafts", key(form));
    if (!draft || JSON.stringify(draft.items) === JSON.stringify(read(form))) return;
    write(form, draft.items);
    tellRestored(form);
  }

  async function tidy(forms) {
    const drafts = await core.all("drafts");
    const present = forms.map(key);
    const success = document.querySelector(".lf-toasts .role-ok");
    for (const draft of drafts) {
      if (draft.at < Date.now() - MAX_AGE) await core.remove("drafts", draft.key);
      else if (!draft.submitted) continue;
      else if (!account) await core.put("drafts", Object.assign({}, draft, { submitted: false }));
      else if (draft.account === account && (success || !present.includes(draft.key))) await core.remove("drafts", draft.key);
    }
  }

  document.addEventListener("DOMContentLoaded", async function () {
    const forms = account ? Array.from(document.querySelectorAll("form[data-draft]")) : [];
    await tidy(forms).catch(function () {});
    for (const form of forms) await restore(form).catch(function () {});
    document.documentElement.dataset.drafts = "ready";
  });
  if (!account) return;
  document.addEventListener("input", function (event) {
    const form = event.target.form;
    if (!form || !form.dataset.draft || !event.isTrusted) return;
    window.clearTimeout(timers.get(form));
    timers.set(form, window.setTimeout(save, 300, form));
  });
  document.addEventListener("visibilitychange", function () {
    if (document.visibilityState !== "hidden") return;
    document.querySelectorAll("form[data-draft]").forEach(function (form) {
      if (timers.has(form)) save(form);
    });
  });
  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (!form.dataset.draft || form.dataset.outbox) return;
    window.clearTimeout(timers.get(form));
    timers.delete(form);
    core.put("drafts", { key: key(form), account: account, items: read(form), at: Date.now(), submitted: true }).catch(function () {});
  });
  /* Once the outbox has it, the draft is not needed: the outbox keeps the content until it is accepted. */
  document.addEventListener("lianfang:kept", function (event) {
    if (event.target.dataset && event.target.dataset.draft) forget(event.target);
  });
})();
