// Typed fields with completion: units and hosts by name, room or pinyin initials, visitors seen before, plates.
// A pick fills all fields that it knows. Enter in a field goes on, as soon as nothing that must be there is missing.

import {get} from "./api.js";
import {fill, h, set} from "./dom.js";
import {plate} from "./format.js";
import {t} from "./i18n.js";
import {fieldName, named} from "./visit-words.js";

const WAIT_MS = 130;
const SUGGESTED = ["name", "host", "unit", "plate", "company"];
const LONG = ["names", "goods", "remark"];
const OF_HOST = {host: "name", unit: "unit"};
const OF_VISITOR = {name: "name", company: "company", plate: "plate", unit: "unit", host: "host", purpose: "purpose", vehicle: "vehicle", phone: "phone"};

export class Fields {
  /** `given`: [{id, required, value, numeric}]; `go()`: Enter; `full()`: a pick has filled the last field that was missing. */
  constructor(given, go, full = () => {}) {
    this.given = given;
    this.full = full;
    this.inputs = new Map();
    this.also = {}; // what a pick knows beyond the fields that are shown
    this.picks = h("div", {class: "picks", role: "group", "aria-label": t("field.picks")});
    this.element = h("form", {class: "visit-form", autocomplete: "off", onsubmit: (event) => { event.preventDefault(); go(); }},
      given.map((field) => this.field(field)), this.picks, h("button", {type: "submit", hidden: true}));
  }

  field(field) {
    if (field.choices) return this.chips(field);
    const input = h("input", {name: field.id, value: field.value ?? "", type: field.date ? "date" : "text", maxlength: LONG.includes(field.id) ? 120 : 40, autocomplete: "off", spellcheck: "false",
      enterkeyhint: "go", inputmode: field.numeric ? "numeric" : field.id === "phone" ? "tel" : null, "aria-required": field.required ? "true" : null, oninput: () => this.typed(field, input)});
    this.inputs.set(field.id, input);
    return h("label", {"data-read": field.read ? "yes" : null}, h("span", {}, fieldName(field.id), field.required ? h("b", {class: "must"}, " *") : null, field.read ? h("em", {}, t("field.read")) : null), input);
  }

  /** One of a few: a tap chooses. */
  chips(field) {
    const input = h("input", {type: "hidden", name: field.id, value: field.value ?? ""});
    const buttons = field.choices.map(([id, words]) => h("button", {type: "button", class: "pick", "data-choice": id, "aria-pressed": String(id === input.value), onclick: () => {
      input.value = id;
      set(input, "aria-invalid", null);
      for (const other of buttons) set(other, "aria-pressed", String(other.dataset.choice === id));
    }}, words));
    input.focus = () => buttons[0].focus({preventScroll: true});
    this.inputs.set(field.id, input);
    return h("div", {class: "field-choice", role: "group", "aria-label": fieldName(field.id)}, h("span", {}, fieldName(field.id), field.required ? h("b", {class: "must"}, " *") : null), buttons, input);
  }

  typed(field, input) {
    set(input, "aria-invalid", null);
    if (field.read) { input.parentElement.querySelector("em")?.remove(); set(input.parentElement, "data-read", null); } // it is the guard's own now
    if (!SUGGESTED.includes(field.id)) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.complete(field, input), WAIT_MS);
  }

  /** Ask what could be meant; an answer that was overtaken by more typing is not shown. */
  async complete(field, input) {
    const typed = input.value.trim();
    const found = typed ? await get(`/suggest?text=${encodeURIComponent(typed)}`).catch(() => ({rows: []})) : {rows: []};
    if (input.value.trim() !== typed || !this.element.isConnected) return;
    const wanted = ["host", "unit"].includes(field.id) ? "host" : "visitor";
    fill(this.picks, found.rows.filter((row) => row.what === wanted).slice(0, 6).map((row) => h("button", {type: "button", class: "pick", onclick: () => this.pick(row)},
      h("span", {}, row.what === "host" ? `${row.unit} ${named(row)}` : named(row)), row.what === "host" ? null : h("small", {}, [row.company, row.unit, t("field.seen", {n: row.visits})].filter(Boolean).join(" · ")),
      row.what === "visitor" && row.plate ? plate(row.plate) : null)));
  }

  /** Take one over: what it knows goes into the fields, and what has no field is kept beside them. */
  pick(row) {
    clearTimeout(this.timer);
    const knows = Object.entries(row.what === "host" ? OF_HOST : OF_VISITOR).map(([id, from]) => [id, row[from]]);
    if (row.what === "visitor") knows.push(["title", row.title]);
    for (const [id, value] of knows.filter(([, known]) => known)) {
      const input = this.inputs.get(id);
      if (input) input.value = value;
      else this.also[id] = value;
    }
    fill(this.picks);
    const next = this.next();
    if (next) next.focus();
    else this.full();
  }

  /** The first field that must be filled and is empty. */
  next() {
    const missing = this.given.find((field) => field.required && !this.inputs.get(field.id).value.trim());
    return missing ? this.inputs.get(missing.id) : null;
  }

  /** What is typed so far, whether it is enough or not. */
  typedSoFar() {
    return Object.fromEntries([...this.inputs].map(([id, input]) => [id, input.value.trim()]).filter(([, value]) => value));
  }

  /** What is typed; null, with the field marked and focused, while something that must be there is missing. */
  values() {
    const missing = this.next();
    if (missing) {
      set(missing, "aria-invalid", "true");
      missing.focus();
      return null;
    }
    return {...this.also, ...this.typedSoFar()};
  }

  focus() {
    const first = [...this.inputs.values()].find((input) => !input.value) ?? this.inputs.values().next().value;
    first?.focus({preventScroll: true});
    if (first?.type === "text") first.setSelectionRange(first.value.length, first.value.length); // whoever was typing goes on at the end
  }
}
