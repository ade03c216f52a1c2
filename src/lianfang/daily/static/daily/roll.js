/* The roll: marks are kept in the page, one editor serves all persons, the result goes through the outbox.
   Works without network: the page is kept by the service worker, the result by the outbox. */
(function () {
  "use strict";
  const API = "/api/daily/checks";
  const LOW = 34;
  const HIGH = 43;

  function fill(words, values) {
    return String(words).replace(/\{(\w+)\}/g, function (whole, key) {
      return key in values ? values[key] : whole;
    });
  }

  function clock() {
    const now = new Date();
    return String(now.getHours()).padStart(2, "0") + ":" + String(now.getMinutes()).padStart(2, "0");
  }

  function abnormal(mark) {
    return mark.presence !== "present" || mark.symptoms.length > 0 || Boolean(mark.temperature && Number(mark.temperature) >= 37.3);
  }

  document.addEventListener("alpine:init", function () {
    window.Alpine.data("roll", function () {
      return {
        data: null,
        marks: {},
        open: {},
        phase: "edit",
        correcting: false,
        person: 0,
        presence: "present",
        wrong: "",
        message: "",
        tone: "role-info",
        errors: [],
        entry: "",
        pending: "",

        init: function () {
          const holder = document.getElementById("roll-data");
          if (!holder) return;
          this.data = JSON.parse(holder.textContent);
          for (const mark of this.data.marks) this.marks[mark.person_id] = mark;
          this.open = Object.assign({}, this.data.open);
          this.phase = this.data.check ? "done" : "edit";
          const roll = this;
          document.addEventListener("lianfang:outbox", function (event) {
            roll.heard(event.detail);
          });
          this.restore();
        },

        /* getters for the template -------------------------------------------------------------------- */
        get editing() {
          return this.phase !== "done";
        },
        get closed() {
          return this.phase === "done" || this.phase === "queued";
        },
        get busy() {
          return this.phase === "queued";
        },
        get notCorrecting() {
          return !this.correcting;
        },
        get silent() {
          return this.message === "";
        },
        get noErrors() {
          return this.errors.length === 0;
        },
        get noWrong() {
          return this.wrong === "";
        },
        get here() {
          return this.presence !== "absent";
        },
        get who() {
          const tile = this.tile(this.person);
          return tile ? tile.dataset.n : "";
        },
        get wellWords() {
          if (!this.data) return "";
          return (this.data.answers[this.person] || []).length ? this.data.text.looked_well : this.data.text.here_well;
        },
        get summary() {
          if (!this.data) return this.$root.querySelector(".roll-summary").textContent;
          const absent = this.list().filter(function (mark) {
            return mark.presence === "absent";
          }).length;
          const expected = this.data.expected;
          return fill(this.data.text.summary, { expected: expected, present: expected - absent, absent: absent });
        },
        get button() {
          if (!this.data) return "";
          const text = this.data.text;
          const waiting = Object.keys(this.open).length;
          if (waiting) return fill(text.first, { n: waiting });
          if (this.correcting) return text.correct;
          const marked = this.list().filter(abnormal).length;
          if (!marked) return text.all_well;
          const rest = this.data.expected - marked;
          return rest ? fill(text.rest_well, { n: rest }) : text.nobody_else;
        },

        /* what is shown --------------------------------------------------------------------------------- */
        list: function () {
          return Object.values(this.marks);
        },
        tile: function (person) {
          return this.$root.querySelector('.roll-grid [data-p="' + person + '"]');
        },
        word: function (person) {
          const text = this.data.text;
          if (this.open[person]) return [text.open, "danger"];
          const mark = this.marks[person];
          if (!mark) return ["", ""];
          if (mark.presence === "absent") {
            const counts = (this.data.causes[mark.cause] || ["", "other"])[1];
            return counts === "ill" ? [text.ill, "danger"] : counts === "unknown" ? [text.unknown, "late"] : [text.other, "excused"];
          }
          const limit = Number(this.data.fever[mark.site] || this.data.fever[""]);
          if (mark.symptoms.includes("fever") || Number(mark.temperature || 0) >= limit) return [text.fever, "danger"];
          if (mark.presence === "left_early") return [text.left_early, "attention"];
          if (mark.symptoms.length) return [text.symptoms, "attention"];
          if (mark.presence === "late") return [text.late, "info"];
          return [text.looked, "ok"];
        },
        draw: function (person) {
          const found = this.word(person);
          const tile = this.tile(person);
          if (tile) {
            tile.className = found[0] ? "is-marked role-" + found[1] + (this.open[person] ? " is-open" : "") : "";
            tile.querySelector("span").textContent = found[0];
          }
          const row = this.$root.querySelector('.roll-special [data-p="' + person + '"]');
          if (row) {
            row.className = found[0] ? "role-" + found[1] + (this.open[person] ? " is-open" : "") : "role-ok";
            row.querySelector(".roll-word").textContent = found[0] || this.data.text.looked;
          }
        },

        /* one person ------------------------------------------------------------------------------------ */
        tap: function (event) {
          const target = event.target.closest("[data-p]");
          if (!target || !this.data || event.target.closest("dialog")) return;
          if (event.target.closest("a")) return;
          event.preventDefault();
          if (this.phase === "edit" || this.phase === "attention") this.edit(Number(target.dataset.p));
        },
        form: function () {
          return this.$root.querySelector(".roll-editor form");
        },
        edit: function (person) {
          const mark = this.marks[person];
          const form = this.form();
          this.person = person;
          this.wrong = "";
          form.reset();
          this.presence = mark ? mark.presence : "present";
          form.elements.presence.value = this.presence;
          form.querySelectorAll("details").forEach(function (details) {
            details.open = false;
          });
          if (mark) {
            for (const name of ["site", "instrument", "onset", "diagnosis", "hospital", "note"]) form.elements[name].value = mark[name] || "";
            if (mark.cause) form.elements.cause.value = mark.cause;
            form.querySelectorAll("[name=symptoms]").forEach(function (box) {
              box.checked = mark.symptoms.includes(box.value);
              if (box.checked && box.closest("details")) box.closest("details").open = true;
            });
            form.querySelector(".roll-clinic").open = Boolean(mark.onset || mark.diagnosis || mark.hospital);
          }
          form.elements.temperature.value = mark && mark.temperature ? mark.temperature : "";
          form.elements.temperature.dispatchEvent(new Event("input", { bubbles: true }));
          const lines = this.$root.querySelector(".roll-lines");
          lines.replaceChildren.apply(
            lines,
            (this.data.lines[person] || []).map(function (words) {
              const item = document.createElement("li");
              item.textContent = words;
              return item;
            }),
          );
          this.$root.querySelector(".roll-editor").showModal();
        },
        changed: function (event) {
          if (event.target.name === "presence") this.presence = event.target.value;
          this.wrong = "";
        },
        keep: function () {
          const form = this.form();
          const given = new FormData(form);
          const temperature = String(given.get("temperature") || "").trim();
          const absent = given.get("presence") === "absent";
          if (absent && !given.get("cause")) {
            this.wrong = this.data.text.need_cause;
            return;
          }
          if (temperature && !(Number(temperature) >= LOW && Number(temperature) <= HIGH)) {
            this.wrong = this.data.text.odd_temperature;
            form.elements.temperature.focus();
            return;
          }
          this.put({
            person_id: this.person,
            presence: given.get("presence"),
            cause: absent ? given.get("cause") : "",
            symptoms: given.getAll("symptoms"),
            temperature: temperature || null,
            site: temperature ? given.get("site") : "",
            instrument: temperature ? given.get("instrument") : "",
            onset: given.get("onset") || null,
            diagnosis: given.get("diagnosis"),
            hospital: given.get("hospital"),
            note: given.get("note"),
            answers: this.data.answers[this.person] || [],
          });
        },
        well: function () {
          const answers = this.data.answers[this.person] || [];
          if (answers.length || this.data.lines[this.person]) {
            this.put({
              person_id: this.person, presence: "present", cause: "", symptoms: [], temperature: null, site: "", instrument: "",
              onset: null, diagnosis: "", hospital: "", note: "", answers: answers,
            });
          } else this.put(null);
        },
        put: function (mark) {
          const marks = Object.assign({}, this.marks);
          const open = Object.assign({}, this.open);
          if (mark && (abnormal(mark) || mark.temperature || mark.answers.length || mark.note || this.data.lines[this.person])) marks[this.person] = mark;
          else delete marks[this.person];
          delete open[this.person];
          this.marks = marks;
          this.open = open;
          this.draw(this.person);
          this.$root.querySelector(".roll-editor").close();
          const tile = this.tile(this.person);
          if (tile) tile.focus({ preventScroll: true });
        },

        /* the whole roll -------------------------------------------------------------------------------- */
        stop: function (event) {
          if (!this.data || !window.Lianfang.account || event.target.method === "dialog") return;
          event.preventDefault();
          if (event.submitter && event.submitter.value === "confirm") this.confirm();
        },
        correct: function (event) {
          event.preventDefault();
          this.correcting = true;
          this.phase = "edit";
          this.message = "";
        },
        confirm: function () {
          const waiting = Object.keys(this.open);
          if (waiting.length) {
            this.edit(Number(waiting[0]));
            return;
          }
          const form = this.$root.querySelector(".roll-form");
          const paper = form.elements.on_paper.checked;
          const time = form.elements.paper_time.value;
          if (paper && !time) {
            form.querySelector(".roll-paper").open = true;
            this.say(this.data.text.need_time, "role-attention");
            form.elements.paper_time.focus();
            return;
          }
          const marks = this.list();
          const body = { unit_id: this.data.unit, day: this.data.day, session: this.data.session, marks: marks, all_well: !marks.some(abnormal) };
          if (paper) {
            const o = this.data.offset;
            body.on_paper = true;
            body.true_at = this.data.day + "T" + time + ":00" + o.slice(0, 3) + ":" + o.slice(-2);
          }
          if (this.data.check) {
            body.corrects = this.data.check;
            body.reason = form.elements.reason ? form.elements.reason.value : "";
          }
          this.send(body, !paper);
        },
        send: async function (body, now) {
          this.phase = "queued";
          this.errors = [];
          this.drawErrors();
          this.say(navigator.onLine === false ? this.data.text.queued : this.data.text.sending, "role-info");
          const item = { url: API, body: body, kind: this.data.kind, label: this.data.label, form: this.data.key, time_field: now ? "true_at" : "", page: location.pathname + "?day=" + this.data.day };
          const old = this.entry;
          const kept = await window.Lianfang.outbox.submit(item);
          this.pending = kept.client_id;
          if (old) {
            this.entry = "";
            await window.Lianfang.outbox.discard(old);
          }
          if (kept.kept) {
            if (this.phase === "queued") this.say(navigator.onLine === false ? this.data.text.queued : this.data.text.sending, "role-info");
          } else if (kept.state === "accepted") this.accepted(kept.response);
          else {
            this.phase = "edit";
            this.say(this.data.text.not_kept, "role-danger");
          }
        },
        heard: function (detail) {
          const entry = detail.entry;
          if (!entry || entry.form !== this.data.key) return;
          if (detail.type === "accepted") this.accepted(detail.response);
          else if (detail.type === "attention") this.refused(entry);
          else if (detail.type === "login") this.say(this.data.text.login, "role-attention");
          else if (detail.type === "waiting") this.say(this.data.text.queued, "role-info");
        },
        accepted: function (response) {
          this.phase = "done";
          this.correcting = false;
          this.entry = "";
          if (response && response.id) this.data.check = response.id;
          this.say(fill(this.data.text.done, { time: clock() }), "role-ok");
          const done = this.$root.querySelector(".roll-done");
          if (done || !this.data.check) return;
          this.later();
        },
        /* After the first result the page offers the correction that a fresh page would offer. */
        later: function () {
          const set = this.$root.querySelector(".roll-actions");
          const button = document.createElement("button");
          button.type = "button";
          button.className = "lf-button lf-button-secondary lf-button-lg";
          button.textContent = this.data.text.correct_it;
          const roll = this;
          button.addEventListener("click", function (event) {
            button.remove();
            roll.correct(event);
          });
          set.append(button);
        },
        refused: function (entry) {
          this.phase = "attention";
          this.entry = entry.client_id;
          const open = Object.assign({}, this.open);
          const words = [];
          for (const error of entry.errors || []) {
            const parts = String(error.field).split(".");
            if (parts[0] === "answers") {
              const person = Number(parts[1]);
              const report = Number(parts[2]);
              open[person] = (open[person] || []).concat([report]);
              this.data.answers[person] = (this.data.answers[person] || []).filter((id) => id !== report).concat([report]);
              this.data.lines[person] = (this.data.lines[person] || []).concat([error.message]);
            }
            words.push(error.message);
          }
          this.open = open;
          Object.keys(open).forEach((person) => this.draw(Number(person)));
          this.errors = words;
          this.drawErrors();
          this.say(entry.status === 409 ? this.data.text.replaced : this.data.text.attention, "role-danger");
        },
        drawErrors: function () {
          const list = this.$root.querySelector(".roll-errors");
          list.replaceChildren.apply(
            list,
            this.errors.map(function (words) {
              const item = document.createElement("li");
              item.textContent = words;
              return item;
            }),
          );
        },
        say: function (words, tone) {
          this.message = words;
          this.tone = tone;
          window.scrollTo({ top: 0 });
        },
        /* What an earlier visit left in the outbox is shown again, with what was typed. */
        restore: async function () {
          const entries = await window.Lianfang.outbox.list().catch(function () {
            return [];
          });
          const mine = entries.find((entry) => entry.form === this.data.key);
          if (!mine) return;
          const before = Object.keys(this.marks);
          this.marks = {};
          for (const mark of mine.raw.marks || []) this.marks[mark.person_id] = mark;
          before.concat(Object.keys(this.marks)).forEach((person) => this.draw(Number(person)));
          if (mine.state === "attention") this.refused(mine);
          else {
            this.open = {};
            Object.keys(this.data.open).forEach((person) => this.draw(Number(person)));
            this.phase = "queued";
            this.say(mine.state === "login" ? this.data.text.login : this.data.text.queued, "role-info");
          }
        },
      };
    });
  });
})();
