// Words of a visit in the page's language. Rows carry both languages, because two tablets in two languages watch one visit.

import {h} from "./dom.js";
import {address, plate} from "./format.js";
import {has, language, t} from "./i18n.js";
import {icon} from "./icons.js";

/** `name` of a row in the language shown: both(step, "say") is say_zh or say_en, both(kind) is zh or en. */
export function both(row, name = "") {
  const tongue = language() === "en" ? "en" : "zh";
  return row[name ? `${name}_${tongue}` : tongue] ?? "";
}

const DOUBLE = ["欧阳", "司马", "上官", "诸葛", "司徒", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "端木"];

/** «王先生», or the whole name where no title is known. */
export function named({name = "", title = ""}) {
  if (!name || !title) return name;
  return address({surname: DOUBLE.includes(name.slice(0, 2)) ? name.slice(0, 2) : name.slice(0, 1), title});
}

/** «王先生» is a name and a title; {} where no title is said. */
export function asAddressed(typed = "") {
  const [, name, title] = /^(.{1,10}?)(先生|女士|小姐)$/u.exec(typed) ?? [];
  return name ? {name, title: title === "先生" ? "mr" : "ms"} : {};
}

/** Who it is in one line: name, else company, plate or what was wanted. */
export const whose = (visit) => visit.name || visit.company || visit.plate || visit.purpose || t("desk.nameless");

/** The name of a field, for labels, messages and facts. */
export const fieldName = (id) => (has(`field.${id}`) ? t(`field.${id}`) : id);

const LONG = {zh: 17, other: 52}; // what fits into one line of the larger size

/** The sentence to say, the largest text of the page; below it whether to salute, and what the guard does. */
export function spoken(say, hint, salute) {
  const long = say.length > (/[\u3400-\u9fff]/.test(say) ? LONG.zh : LONG.other);
  return h("div", {class: "visit-words"}, h("p", {class: `visit-say${long ? " long" : ""}`, "aria-live": "polite"}, say),
    salute ? h("span", {class: "salute"}, icon("salute"), t("lane.salute")) : null, hint ? h("p", {class: "visit-hint"}, hint) : null);
}

/** What is dealt with, and the plate where there is one. */
export const heading = (words, number, ...more) => h("header", {class: "visit-head"}, h("h2", {}, words), number ? plate(number) : null, more);
