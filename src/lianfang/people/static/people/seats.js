/* Seats are exchanged by dragging one onto another; the selects carry the result, so that it also works without. */
(function () {
  "use strict";
  let from = null;
  function seatOf(target) {
    return target instanceof Element ? target.closest("[data-seat]") : null;
  }
  document.querySelectorAll("[data-seat]").forEach(function (seat) {
    seat.draggable = true;
  });
  document.addEventListener("dragstart", function (event) {
    from = seatOf(event.target);
    if (from) from.classList.add("is-dragged");
  });
  document.addEventListener("dragover", function (event) {
    if (from && seatOf(event.target)) event.preventDefault();
  });
  document.addEventListener("drop", function (event) {
    const to = seatOf(event.target);
    if (!from || !to || from === to) return;
    event.preventDefault();
    const one = from.querySelector("select");
    const other = to.querySelector("select");
    const kept = one.value;
    one.value = other.value;
    other.value = kept;
  });
  document.addEventListener("dragend", function () {
    if (from) from.classList.remove("is-dragged");
    from = null;
  });
  /* Who is chosen for a seat leaves the seat that they had. */
  document.addEventListener("change", function (event) {
    const chosen = event.target;
    if (!(chosen instanceof HTMLSelectElement) || !seatOf(chosen) || !chosen.value) return;
    document.querySelectorAll("[data-seat] select").forEach(function (select) {
      if (select !== chosen && select.value === chosen.value) select.value = "";
    });
  });
})();
