/* Says what became of a reminder, in the shell's live region. */
document.addEventListener("duties:said", function (event) {
  window.Lianfang.announce(event.detail.words, event.detail.tone);
});
