// Who calls and what they want: unit and name with completion from the registry (pinyin initials find 周), telephone, and their words.

import {get} from "./api.js";
import {fill, h, set} from "./dom.js";
import {t} from "./i18n.js";
import {named} from "./visit-words.js";

const WAIT_MS = 130;

export class Caller {
  /** `needed`: unit or name must be there, because the owner is asked afterwards; `brief`: no telephone, all in one line; `go()`: Enter. */
  constructor(needed, brief, go) {
    this.needed = needed;
    this.title = "";
    const field = (name, label, more = {}) => h("input", {name, "aria-label": t(label), placeholder: t(label), maxlength: 60, autocomplete: "off", spellcheck: "false", enterkeyhint: "go", ...more});
    this.unit = field("unit", "requests.unit", {oninput: () => this.typed(this.unit)});
    this.name = field("name", "requests.name", {oninput: () => this.typed(this.name)});
    this.phone = field("phone", "requests.phone", {inputmode: "tel"});
    this.words = field("words", "requests.words", {maxlength: 400, class: "words"});
    this.picks = h("div", {class: "picks", role: "group", "aria-label": t("field.picks")});
    this.element = h("form", {class: `visit-form caller${brief ? " brief" : ""}`, autocomplete: "off", onsubmit: (event) => { event.preventDefault(); go(); }},
      this.unit, this.name, brief ? null : this.phone, this.words, this.picks, h("button", {type: "submit", hidden: true}));
  }

  typed(input) {
    for (const one of [this.unit, this.name]) set(one, "aria-invalid", null);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.complete(input), WAIT_MS);
  }

  async complete(input) {
    const wanted = input.value.trim();
    const found = wanted ? await get(`/suggest?text=${encodeURIComponent(wanted)}`).catch(() => ({rows: []})) : {rows: []};
    if (input.value.trim() !== wanted || !this.element.isConnected) return;
    fill(this.picks, found.rows.filter((row) => row.what === "host").slice(0, 4).map((row) => h("button", {type: "button", class: "pick", onclick: () => this.pick(row)}, `${row.unit} ${named(row)}`)));
  }

  pick(row) {
    clearTimeout(this.timer);
    this.unit.value = row.unit;
    this.name.value = row.name;
    this.title = row.title;
    fill(this.picks);
    this.words.focus();
  }

  /** What is typed; null, with the field marked, while something that must be there is missing. */
  values() {
    if (this.needed && !this.unit.value.trim() && !this.name.value.trim()) {
      set(this.unit, "aria-invalid", "true");
      this.unit.focus();
      return null;
    }
    const given = {unit: this.unit.value.trim(), name: this.name.value.trim(), phone: this.phone.value.trim(), words: this.words.value.trim()};
    return this.title ? {...given, title: this.title} : given;
  }

  focus() {
    this.unit.focus({preventScroll: true});
  }
}
