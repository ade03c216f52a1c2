/* Runs before the first paint: light, dark or as the device, as remembered on this device. */
(function () {
  "use strict";
  var root = document.documentElement;
  var wish = "auto";
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  try {
    wish = window.localStorage.getItem("lianfang-theme") || "auto";
  } catch (error) {
    wish = "auto";
  }
  function show() {
    root.setAttribute("data-bs-theme", wish === "auto" ? (dark.matches ? "dark" : "light") : wish);
    root.setAttribute("data-theme-wish", wish);
  }
  dark.addEventListener("change", show);
  window.Lianfang = window.Lianfang || {};
  window.Lianfang.theme = {
    get: function () {
      return wish;
    },
    set: function (value) {
      wish = value === "light" || value === "dark" ? value : "auto";
      try {
        window.localStorage.setItem("lianfang-theme", wish);
      } catch (error) {
        /* a private window: the choice holds for this page */
      }
      show();
    },
  };
  show();
})();
