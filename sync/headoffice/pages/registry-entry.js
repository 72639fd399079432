// One entry of a list as a form: a card, a permit, an expected visitor … What is written becomes part of this person's draft of the list.

import {get, post} from "./api.js";
import {fill, h} from "./dom.js";
import {has, language, t} from "./i18n.js";
import {problem} from "./registry-words.js";

const TYPES = {date: "date", moment: "datetime-local", number: "number", time: "time"};
const DIGEST = /^[0-9a-f]{64}$/;
const named = (column) => column[language() === "en" ? "en" : "zh"];

/** Days of the week as boxes to tick; the cell has their Chinese words, «周一至周五 节假日». */
function days(column, cell) {
  const words = column.options.map(([value]) => value);
  const ticked = new Set(cell.split(" ").flatMap((word) => { const [from, to] = word.split("至"); return to ? words.slice(words.indexOf(from), words.indexOf(to) + 1) : [from]; }));
  const boxes = column.options.map(([value, zh, en]) => [h("input", {type: "checkbox", name: column.name, value, checked: ticked.has(value)}), language() === "en" ? en : zh]);
  const label = h("div", {class: "wide days", role: "group", "aria-label": named(column)}, h("span", {}, `${named(column)} *`), h("div", {class: "buttons"}, ...boxes.map(([box, text]) => h("label", {class: "tick"}, box, text))));
  return {label, input: label, read: () => boxes.filter(([box]) => box.checked).map(([box]) => box.value).join(" ")};
}

/** A column as a labelled field, and what reads it. */
function field(column, cell = "") {
  if (column.kind === "days") return days(column, cell);
  const shape = {name: column.name, required: column.needed, maxlength: column.kind === "choice" ? undefined : 500};
  const hidden = column.secret && DIGEST.test(cell);
  let input;
  if (column.kind === "choice") {
    const options = column.options.map(([value, zh, en]) => [value, language() === "en" ? en : zh]);
    if (column.needed && !options.some(([value]) => value === "")) options.unshift(["", t("registry.choose")]);
    else if (!options.some(([value]) => value === cell)) cell ||= options[0][0]; // the first is what nothing said means
    if (!options.some(([value]) => value === cell)) options.push([cell, cell]);
    input = h("select", shape, ...options.map(([value, text]) => h("option", {value}, text)));
  } else if (column.kind === "long") {
    input = h("textarea", {...shape, rows: 3});
  } else {
    input = h("input", {...shape, type: TYPES[column.kind] ?? "text", min: column.kind === "number" ? 0 : undefined, autocomplete: "off", placeholder: hidden ? t("registry.secret") : undefined});
  }
  input.value = hidden ? "" : column.kind === "moment" ? cell.replace(" ", "T") : column.kind === "time" ? cell.replace("24:00", "00:00") : cell;
  const label = h("label", {class: column.kind === "long" || column.name === "sentence" ? "wide" : ""}, `${named(column)}${column.needed ? " *" : ""}`, input);
  return {label, input, read: () => input.value.trim() || (hidden ? cell : "")};
}

/** The form of a list's entry; `key`: of one in force. `show(...parts)` puts it on the page, `done(draft)` gets what came of it. */
export async function entryForm(list, key, {title, show, hide, done}) {
  const {columns, rows} = await get("/registry/form", {list, key});
  const fields = new Map(columns.filter((column) => !column.item).map((column, n) => [column.name, field(column, rows[0]?.[columns.indexOf(column)])]));
  const items = [];
  const box = h("div", {class: "stack"});
  const said = (key, values) => t(has(`${key}.${list}`) ? `${key}.${list}` : key, values);
  const itemColumns = columns.filter((column) => column.item);

  function item(cells) {
    const made = new Map(itemColumns.map((column) => [column.name, field(column, cells?.[columns.indexOf(column)])]));
    const drop = h("button", {type: "button", class: "soft", onclick: () => { items.splice(items.indexOf(one), 1); lay(); box.querySelector("input")?.focus(); }}, said("registry.item.drop"));
    const one = {made, drop};
    items.push(one);
  }
  const lay = () => fill(box, ...items.map(({made, drop}, n) => h("fieldset", {class: "ask"}, h("legend", {}, said("registry.item", {n: n + 1})), ...[...made.values()].map((f) => f.label), items.length > 1 && drop)),
    itemColumns.length > 0 && h("button", {type: "button", class: "soft", onclick: () => { item(); lay(); [...box.querySelectorAll("fieldset")].at(-1).querySelector("input").focus(); }}, said("registry.item.more")));
  if (itemColumns.length) { for (const row of rows.length ? rows : [undefined]) item(row); lay(); }

  const read = (one) => columns.map((column) => (column.item ? one.made.get(column.name) : fields.get(column.name)).read());
  const note = h("div", {role: "alert", class: "stack", tabindex: -1});
  const at = (name) => fields.get(name) ?? (items.length === 1 ? items[0].made.get(name) : undefined);
  function wrong(problems) {
    for (const one of [...fields.values(), ...items.flatMap((x) => [...x.made.values()])]) one.input.removeAttribute("aria-invalid");
    for (const one of problems) at(one.name)?.input.setAttribute("aria-invalid", "true");
    const labels = new Map(columns.map((column) => [column.name, named(column)]));
    fill(note, h("p", {class: "message"}, t("registry.entry.bad")), h("ol", {class: "bad"}, ...problems.map((one) => problem(one, labels.get(one.name)))));
  }
  const send = h("button", {class: "primary"}, t("registry.entry.look"));
  const form = h("form", {class: "stack", onsubmit: async (event) => {
    event.preventDefault();
    send.disabled = true;
    try {
      const answer = await post("/registry/edits", {list, was: key, rows: items.length ? items.map(read) : [read()]});
      if (!answer.bad) return done(answer);
      wrong(answer.problems);
    } catch (refused) {
      fill(note, h("p", {class: "message"}, `${refused.message} ${refused.hint}`));
    } finally {
      send.disabled = false;
    }
    note.focus();
  }}, h("div", {class: "ask"}, ...[...fields.values()].map((f) => f.label)), box, note,
  h("div", {class: "buttons"}, send, h("button", {type: "button", class: "soft", onclick: hide}, t("registry.entry.back"))));
  show(h("h3", {tabindex: -1}, title), h("p", {class: "note"}, t("registry.entry.about")), form);
  form.querySelector("input, select, textarea").focus({preventScroll: true});
}

/** The entry goes: also a part of the draft. */
export const entryGone = (list, key) => post("/registry/edits", {list, was: key, rows: []});
