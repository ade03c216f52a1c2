// Forms with data-passkey="get" (sign in) or "create" (add a passkey): the browser's answer goes into `credential`.
// The options come from the address in data-options, or stand in the page as JSON with the id in data-options-id.
(function () {
  "use strict";
  async function optionsOf(form) {
    if (form.dataset.optionsId) return JSON.parse(document.getElementById(form.dataset.optionsId).textContent);
    const answer = await fetch(form.dataset.options, { headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" } });
    if (!answer.ok) throw new Error("options");
    return answer.json();
  }
  async function ask(form) {
    const options = await optionsOf(form);
    if (form.dataset.passkey === "get") return webauthnJSON.get(options.request_options);
    const wanted = options.creation_options;
    wanted.publicKey.authenticatorSelection = { ...wanted.publicKey.authenticatorSelection, residentKey: "required", requireResidentKey: true, userVerification: "required" };
    return webauthnJSON.create(wanted);
  }
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!window.PublicKeyCredential || !window.isSecureContext) continue;
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      if (form.elements.credential.value) return;
      event.preventDefault();
      const failed = form.querySelector("[data-passkey-failed]");
      if (failed) failed.hidden = true;
      try {
        form.elements.credential.value = JSON.stringify(await ask(form));
        form.submit();
      } catch (error) {
        if (failed) failed.hidden = false;
      }
    });
  }
})();
