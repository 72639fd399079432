// A permit on paper, typed in; and goods that no permit names. Chips for what is known, fields for the rest.

import {h, set} from "./dom.js";
import {t} from "./i18n.js";
import {both, fieldName} from "./visit-words.js";

const MEASURES = ["件", "箱", "台", "套", "把", "袋", "张", "卷"];

export const input = (name, value = "", more = {}) => h("input", {name, value, type: "text", maxlength: 40, autocomplete: "off", spellcheck: "false", ...more});
export const labelled = (label, field, must) => h("label", {}, h("span", {}, label, must ? h("b", {class: "must"}, " *") : null), field);

/** One choice of several, as chips; `value()` gives the one that is pressed. */
export function chips(label, options, chosen, changed = () => {}) {
  let value = chosen;
  const box = h("div", {class: "picks chips-row", role: "group", "aria-label": label}, options.map(([id, words]) => h("button", {type: "button", class: "pick", "data-pick": id, "aria-pressed": String(id === value), onclick: () => {
    value = id;
    for (const other of box.children) set(other, "aria-pressed", String(other.dataset.pick === id));
    changed(id);
  }}, words)));
  return {element: box, value: () => value};
}

/** A line of goods: name, number, measure, and (with `categories`) its sort. */
function line(categories, role) {
  const name = input("item-name");
  const quantity = input("item-quantity", "1", {inputmode: "numeric", maxlength: 4, required: true});
  const measure = h("select", {name: "item-measure", "aria-label": t("goods.item.measure")}, MEASURES.map((one) => h("option", {value: one}, one)));
  const sort = categories ? h("select", {name: "item-category", "aria-label": t("goods.item.category")}, categories.map((one) => h("option", {value: one.category}, both(one)))) : null;
  if (sort) sort.value = categories.find((one) => one.signers.includes(role))?.category ?? categories[0].category;
  const element = h("div", {class: "goods-line"}, labelled(t("goods.item.name"), name, Boolean(categories)), labelled(t("goods.item.quantity"), quantity), labelled(t("goods.item.measure"), measure), sort ? labelled(t("goods.item.category"), sort) : null);
  return {element, name, wrong: () => (name.value.trim() && !/^[1-9]\d*$/.test(quantity.value.trim()) ? quantity : null), value: () => (name.value.trim() ? {name: name.value.trim(), quantity: Number.parseInt(quantity.value, 10) || 1, measure: measure.value, ...(sort ? {category: sort.value} : {})} : null)};
}

/** Lines that grow: a new one comes when the last has a name. */
function lines(make) {
  const all = [];
  const box = h("div", {class: "goods-lines"});
  const add = () => {
    const made = make();
    made.name.addEventListener("input", () => { if (all.at(-1) === made) add(); }, {once: true});
    all.push(made);
    box.append(made.element);
  };
  add();
  return {element: box, wrong: () => all.map((one) => one.wrong()).find(Boolean), values: () => all.map((one) => one.value()).filter(Boolean), first: () => all[0].name};
}

/** Goods that no permit names. */
export function extraForm() {
  const found = lines(() => line(null, ""));
  const element = h("details", {class: "goods-extra"}, h("summary", {}, t("goods.extra")), found.element);
  return {element, values: found.values, focus: () => { element.open = true; found.first().focus({preventScroll: true}); }};
}

/** The paper's form. `done(given)` sends it; `object(words)` says what is missing. */
export function paperForm(words, plate, done, object) {
  const of = Object.fromEntries(words.roles.map((role) => [role.role, role.of]));
  const fields = {number: input("number"), unit: input("unit"), company: input("company"), signer: input("signer"), bearer: input("bearer"), plate: input("plate", plate), until: input("until", words.today, {type: "date"}), stamp: input("stamp")};
  const whose = {unit: labelled(t("goods.unit"), fields.unit, true), company: labelled(fieldName("company"), fields.company, true)};
  const show = (role) => { for (const [name, label] of Object.entries(whose)) label.hidden = of[role] !== name; };
  const role = chips(t("goods.role"), words.roles.map((one) => [one.role, both(one)]), words.roles[0].role, show);
  const stamped = chips(t("goods.stamp"), [["yes", t("goods.stamp.yes")], ["no", t("goods.stamp.no")]], "yes");
  const items = lines(() => line(words.categories, role.value()));
  show(role.value());
  const submit = (event) => {
    event.preventDefault();
    const given = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.value.trim()]));
    for (const name of ["unit", "company"]) if (of[role.value()] !== name) given[name] = "";
    const rows = items.values();
    const who = of[role.value()];
    const [missing, name] = who && !given[who] ? [fields[who], fieldName(who)] : rows.length ? [items.wrong(), t("goods.item.quantity")] : [items.first(), t("goods.item.name")];
    if (missing) {
      set(missing, "aria-invalid", "true");
      missing.focus();
      object(t("field.missing", {name}));
      return;
    }
    done({...given, role: role.value(), stamped: stamped.value() === "yes", items: rows});
  };
  return h("form", {class: "goods-form", autocomplete: "off", onsubmit: submit}, role.element,
    h("div", {class: "visit-form"}, whose.unit, whose.company, labelled(t("goods.signer"), fields.signer), labelled(t("goods.number.label"), fields.number), labelled(t("goods.bearer"), fields.bearer), labelled(fieldName("plate"), fields.plate), labelled(t("goods.valid"), fields.until, true)),
    items.element, h("div", {class: "visit-form"}, h("div", {}, stamped.element), labelled(t("goods.stamp.number"), fields.stamp)),
    h("div", {class: "answers"}, h("button", {type: "submit", class: "answer", "data-answer": "register", "data-tone": "go"}, t("goods.register"))));
}
