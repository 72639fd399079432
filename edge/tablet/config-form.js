// A form made from the configuration's own schema: what may be set, its limits, its default. Nothing of it is written down here a second time.
//
// A field that is left empty is left out of the file: its default counts. Each change goes to the gate at once, which sets it in the text,
// comments and order kept; whether it makes sense is said when the changes are looked at.

import {fill, h, set} from "./dom.js";
import {first, has, language, t} from "./i18n.js";

export class Form {
  /** `edit([{key, value}])` sets keys in the text. */
  constructor(edit) {
    this.edit = edit;
    this.choice = h("select", {onchange: () => this.show(this.choice.value)});
    this.body = h("div", {class: "tech-body"});
    this.element = h("div", {class: "tech-body"}, h("label", {class: "tech-field"}, h("span", {}, t("config.section")), this.choice), this.body);
  }

  learn({schema, readers, signs}) { Object.assign(this, {schema, readers, signs}); }

  /** The values of the text as it is now. */
  draw(values) {
    this.values = values;
    const parts = Object.keys(this.resolved(this.schema.properties.lane.items).of.properties).filter((name) => this.isTable(name));
    const sections = Object.keys(this.schema.properties).flatMap((name) => (name !== "lane" ? [[name, label(name)]] : (values.lane ?? []).flatMap((lane, n) => [[`lane[${n}]`, named(lane, n)],
      ...parts.map((part) => [`lane[${n}].${part}`, `${named(lane, n)} · ${label(part)}`])])));
    fill(this.choice, sections.map(([id, words]) => h("option", {value: id}, words)));
    this.show(sections.some(([id]) => id === this.section) ? this.section : "lane[0]");
  }

  /** Whether this part of a lane is a table: it has a place of its own in the list. */
  isTable(name) { return Boolean(this.resolved(this.resolved(this.schema.properties.lane.items).of.properties[name]).of.properties); }

  show(section) {
    this.section = section;
    this.choice.value = section;
    const focused = this.body.contains(document.activeElement) ? document.activeElement.name : null;
    const [, lane, part] = section.match(/^lane\[(\d+)\](?:\.(\w+))?$/) ?? [];
    const whole = this.resolved(this.schema.properties.lane.items).of;
    const given = lane === undefined ? this.schema.properties[section] : part ? whole.properties[part] : this.schema.properties.lane.items;
    const value = lane === undefined ? this.values[section] : part ? this.values.lane[lane]?.[part] : this.values.lane[lane];
    const {of, optional} = this.resolved(given);
    fill(this.body, this.table(section, of, value, optional));
    if (focused) this.body.querySelector(`[name="${CSS.escape(focused)}"]`)?.focus({preventScroll: true});
  }

  /** A schema without its $ref and its «or null». */
  resolved(given) {
    const options = given.anyOf?.filter((one) => one.type !== "null") ?? [];
    const one = options.length === 1 ? options[0] : given;
    const of = one.$ref ? this.schema.$defs[one.$ref.split("/").at(-1)] : one;
    return {of: {...of, description: given.description ?? of.description, default: given.default}, optional: Boolean(given.anyOf?.some((each) => each.type === "null"))};
  }

  /** One table: its plain fields, then the tables in it. */
  table(key, schema, value, optional) {
    if (optional && value === undefined) return this.absent(key, schema);
    const apart = /^lane\[\d+\]$/.test(key);
    const fields = Object.entries(schema.properties).filter(([name]) => !apart || !this.isTable(name)).map(([name, given]) => {
      const inner = this.resolved(given);
      const own = value?.[name];
      const at = `${key}.${name}`;
      if (name === "options" && inner.of.type === "object") return this.options(at, value ?? {}, key);
      if (inner.of.type === "object" && !inner.of.properties) return this.numbers(at, inner.of, own ?? {});
      return inner.of.properties ? this.table(at, inner.of, own, inner.optional || (given.default !== undefined && own === undefined && given.default === null)) : this.field(at, inner.of, own, schema.required?.includes(name));
    });
    const away = optional ? h("button", {type: "button", class: "tech-do", "data-remove": key, onclick: () => this.edit([{key, value: null}])}, t("config.remove", {what: label(key)})) : null;
    return h("fieldset", {class: "config-table", "data-table": key}, h("legend", {}, label(key)), note(schema, "p"), fields, away);
  }

  /** A table that is not there: what it must have is asked when it is added. */
  absent(key, schema) {
    const needed = (schema.required ?? []).map((name) => [name, this.resolved(schema.properties[name]).of]);
    const inputs = new Map(needed.map(([name, of]) => [name, this.input(`${key}.${name}`, of, undefined, () => {})]));
    const add = (event) => {
      event.preventDefault();
      this.edit([{key, value: Object.fromEntries([...inputs].map(([name, input]) => [name, read(input)]).filter(([, one]) => one !== null))}]);
    };
    return h("details", {class: "config-absent", "data-absent": key}, h("summary", {}, t("config.add", {what: label(key)})),
      h("form", {class: "tech-body", onsubmit: add}, needed.map(([name]) => wrapped(`${key}.${name}`, inputs.get(name))), h("button", {type: "submit", class: "tech-do", "data-add": key}, t("config.add", {what: label(key)}))));
  }

  /** A driver's own options, with its own defaults. */
  options(key, table, parent) {
    const drivers = parent.endsWith(".sign") ? this.signs : this.readers;
    const driver = table.driver ?? (parent.endsWith(".sign") ? "fk" : "rdm6300");
    const known = Object.entries(drivers[driver] ?? {});
    return known.length ? h("fieldset", {class: "config-table", "data-table": key}, h("legend", {}, `${label(key)} · ${driver}`),
      known.map(([name, usual]) => this.field(`${key}.${name}`, {type: {boolean: "boolean", number: "integer"}[typeof usual] ?? "string", default: usual}, table.options?.[name], false))) : null;
  }

  /** A value for each of some words (days by kind of picture). */
  numbers(key, schema, values) {
    const words = schema.propertyNames?.enum ?? Object.keys(values);
    return h("fieldset", {class: "config-table", "data-table": key}, h("legend", {}, label(key)), note(schema, "p"),
      words.map((name) => this.field(`${key}.${name}`, this.resolved(schema.additionalProperties).of, values[name], false)));
  }

  field(key, schema, value, required) {
    const send = (input) => this.edit([{key, value: read(input)}]);
    const input = this.input(key, schema, value, send);
    if (required) set(input, "required", true);
    return wrapped(key, input, schema);
  }

  input(key, schema, value, send) {
    const usual = schema.default ?? null;
    const common = {name: key, onchange: (event) => send(event.currentTarget)};
    const name = last(key);
    const choices = schema.enum ?? (name === "driver" ? Object.keys(key.includes(".sign.") ? this.signs : this.readers) : schema.type === "boolean" ? [true, false] : null);
    if (choices) {
      const of = {"data-type": schema.type === "boolean" ? "boolean" : "string"};
      const empty = h("option", {value: ""}, usual === null ? "" : t("config.usual", {value: shown(usual)}));
      return h("select", {...common, ...of}, empty, choices.map((one) => h("option", {value: String(one), selected: value === one}, shown(one))));
    }
    if (["integer", "number"].includes(schema.type) || schema.anyOf) {
      return h("input", {...common, type: "number", "data-type": "number", min: schema.minimum, max: schema.maximum, step: schema.type === "integer" ? 1 : "any", value: value ?? "", placeholder: usual ?? ""});
    }
    if (schema.type === "array") {
      const numbers = schema.items?.type === "integer" || schema.prefixItems;
      return h("input", {...common, "data-type": numbers ? "numbers" : "words", value: (value ?? []).join(", "), placeholder: (usual ?? []).join?.(", ") ?? ""});
    }
    return h("input", {...common, "data-type": "string", maxlength: schema.maxLength ?? 300, autocomplete: "off", autocapitalize: "off", spellcheck: "false", value: value ?? "", placeholder: usual ?? ""});
  }
}

const named = (lane, n) => `${t("config.key.lane")} ${lane.name ?? n + 1}`;
/** The schema speaks English; in Chinese the name says it. */
const note = (schema, tag) => (schema.description && language() === "en" ? h(tag, {class: "tech-hint"}, schema.description) : null);
const last = (key) => key.split(".").at(-1).replace(/\[\d+\]$/, "");
/** A key's name: its table's own where there is one, else that of the key wherever it stands, else itself. */
function label(key) {
  const path = key.replace(/\[\d+\]/g, "").split(".").slice(-2);
  return first([`config.key.${path.join(".")}`, `config.key.${path.at(-1)}`, "config.key.other"], {name: path.at(-1)});
}

const shown = (value) => (value === true ? t("config.yes") : value === false ? t("config.no") : has(`config.is.${value}`) ? t(`config.is.${value}`) : String(value));

function wrapped(key, input, schema = {}) {
  return h("label", {class: "tech-field"}, h("span", {}, label(key), label(key) === last(key) ? null : [" ", h("code", {}, last(key))]), input, note(schema, "small"));
}

/** The value for the file; null: nothing stands there. */
function read(input) {
  const words = input.value.trim();
  if (!words) return null;
  switch (input.dataset.type) {
    case "boolean": return words === "true";
    case "number": return Number(words);
    case "numbers": return words.split(/[,，\s]+/).map(Number);
    case "words": return words.split(/[,，\s]+/);
    default: return words;
  }
}
