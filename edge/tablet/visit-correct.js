// 更正: a visit's data are set right at any time until it has ended. What was before stays on record.

import {h} from "./dom.js";
import {t} from "./i18n.js";
import {stepper} from "./stepper.js";
import {Fields} from "./visit-fields.js";
import {fieldName, heading} from "./visit-words.js";

const IDS = ["name", "names", "unit", "host", "company", "purpose", "plate", "vehicle", "goods", "phone"];

/** What is drawn, and its fields. `save(values)` sends all of them, empty ones too; `back()` leaves things as they are. */
export function correcting(visit, save, back) {
  const people = stepper("companions", fieldName("companions"), visit.companions);
  const go = () => save({...Object.fromEntries(IDS.map((id) => [id, ""])), ...fields.typedSoFar(), companions: people.value});
  const fields = new Fields(IDS.map((id) => ({id, value: visit[id]})), go);
  fields.element.classList.add("narrow");
  const button = (id, tone, label, onclick) => h("button", {type: "button", class: "answer", "data-answer": id, "data-tone": tone, onclick}, h("span", {}, label));
  return {fields, parts: [heading(t("correct.title"), null), fields.element,
    h("div", {class: "begin"}, people.element, h("div", {class: "answers"}, button("save", "go", t("correct.save"), go), button("back", null, t("correct.back"), back)))]};
}
