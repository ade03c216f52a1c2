/* What every page does: dialogs, menus, toasts, focus, htmx with token and spoken failures, theme and temperature
   components (Alpine CSP build), service worker, logout. */
(function () {
  "use strict";
  const text = window.Lianfang.text;
  const root = document.documentElement;

  /* Says a short thing in the live region and shows it; problems stay until closed. */
  function announce(words, tone) {
    const holder = document.getElementById("toasts");
    if (!holder) return;
    const toast = document.createElement("div");
    toast.className = "lf-toast role-" + (tone || "ok");
    toast.setAttribute("data-toast", "");
    const line = document.createElement("div");
    line.textContent = words;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "lf-icon-button";
    close.setAttribute("data-toast-close", "");
    close.setAttribute("aria-label", text("close"));
    close.textContent = "×";
    toast.append(line, close);
    holder.append(toast);
    expire(toast);
  }
  function expire(toast) {
    if (toast.classList.contains("role-ok") || toast.classList.contains("role-info")) {
      window.setTimeout(function () {
        if (!toast.matches(":hover, :focus-within")) toast.remove();
      }, 7000);
    }
  }
  window.Lianfang.announce = announce;

  document.addEventListener("click", function (event) {
    const opener = event.target.closest("[data-dialog-open]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.dialogOpen);
      if (dialog && dialog.showModal && !dialog.open) dialog.showModal();
    }
    const closer = event.target.closest("[data-dialog-close]");
    if (closer) closer.closest("dialog").close();
    if (event.target instanceof HTMLDialogElement && event.target.open) {
      const box = event.target.getBoundingClientRect();
      const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
      if (!inside) event.target.close();
    }
    const toast = event.target.closest("[data-toast-close]");
    if (toast) toast.closest("[data-toast]").remove();
    if (event.target.closest("[data-reload]")) window.location.reload();
    if (event.target.closest("[data-print]")) window.print();
    document.querySelectorAll("details[data-menu][open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details[data-menu][open]").forEach(function (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });
  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-toast]").forEach(expire);
    const first = document.querySelector("[data-focus]");
    if (first) first.focus();
  });

  document.addEventListener("htmx:configRequest", function (event) {
    const token = document.querySelector("meta[name='csrf-token']");
    if (token) event.detail.headers["X-CSRFToken"] = token.content;
  });
  ["htmx:sendError", "htmx:responseError", "htmx:timeout"].forEach(function (name) {
    document.addEventListener(name, function () {
      announce(text("request_failed"), "danger");
    });
  });

  document.addEventListener("alpine:init", function () {
    const Alpine = window.Alpine;
    Alpine.data("theme", function () {
      return {
        wish: window.Lianfang.theme.get(),
        get isAuto() {
          return String(this.wish === "auto");
        },
        get isLight() {
          return String(this.wish === "light");
        },
        get isDark() {
          return String(this.wish === "dark");
        },
        choose: function (event) {
          this.wish = event.currentTarget.value;
          window.Lianfang.theme.set(this.wish);
        },
      };
    });
    Alpine.data("temperature", function () {
      return {
        words: "",
        tone: "",
        limits: { fever: 37.3, low: 34, high: 43 },
        init: function () {
          const data = this.$root.dataset;
          this.limits = { fever: Number(data.fever), low: Number(data.low), high: Number(data.high) };
          const input = this.$root.querySelector(".lf-temperature-input");
          if (input && input.value) this.judge(input.value);
        },
        read: function (raw) {
          const typed = raw.trim().replace(/[，。,]/g, ".").replace(/[℃°cC\s]/g, "");
          return /^[34]\d\d$/.test(typed) ? typed.slice(0, 2) + "." + typed.slice(2) : typed;
        },
        judge: function (raw) {
          const typed = this.read(raw);
          const degrees = Number(typed);
          this.words = "";
          this.tone = "";
          if (typed === "" || typed.length < 2) return;
          if (!Number.isFinite(degrees) || degrees < this.limits.low || degrees > this.limits.high) {
            if (typed.length < 4 && degrees >= 3 && degrees < 5) return;
            this.words = text("implausible");
            this.tone = "is-odd";
          } else if (degrees >= this.limits.fever) {
            this.words = text("fever", { limit: this.limits.fever });
            this.tone = "is-fever";
          }
        },
        check: function (event) {
          this.judge(event.target.value);
        },
        tidy: function (event) {
          event.target.value = this.read(event.target.value);
          this.judge(event.target.value);
        },
      };
    });
  });

  /* Kept pages belong to the signed-in account; logging out clears them, the outbox stays. */
  async function forgetPages() {
    if (!("caches" in window)) return;
    for (const name of await caches.keys()) {
      if (name.startsWith("lianfang-pages")) await caches.delete(name);
    }
  }
  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !("logout" in form.dataset) || form.dataset.cleared) return;
    event.preventDefault();
    const leave = function () {
      form.dataset.cleared = "yes";
      form.requestSubmit();
    };
    if (navigator.serviceWorker && navigator.serviceWorker.controller) navigator.serviceWorker.controller.postMessage({ type: "logout" });
    forgetPages().then(leave, leave);
  });
  if ("serviceWorker" in navigator && root.dataset.serviceWorker) {
    navigator.serviceWorker.register(root.dataset.serviceWorker, { scope: "/" }).catch(function () {});
    navigator.serviceWorker.addEventListener("message", function (event) {
      if (event.data && event.data.type === "flush") window.Lianfang.outbox.flush({ force: true });
    });
  }

  /* The offline page lists what can still be opened. */
  document.addEventListener("DOMContentLoaded", async function () {
    const holder = document.querySelector("[data-kept-pages]");
    if (!holder || !("caches" in window)) return;
    const list = document.createElement("ul");
    for (const name of await caches.keys()) {
      if (!name.startsWith("lianfang-pages")) continue;
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const page = new DOMParser().parseFromString(await (await cache.match(request)).text(), "text/html");
        const link = document.createElement("a");
        link.href = request.url;
        link.textContent = page.title;
        const item = document.createElement("li");
        item.append(link);
        list.append(item);
      }
    }
    if (list.children.length) holder.append(text("kept_pages"), list);
  });
})();
