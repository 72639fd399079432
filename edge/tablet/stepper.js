// A number that is set by tapping: how many come along.

import {h, set, text} from "./dom.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";

/** {element, value}: − number +, between 0 and 60. */
export function stepper(id, label, start = 0) {
  const made = {value: start};
  const shown = h("output", {"aria-live": "polite"}, String(start));
  const less = h("button", {type: "button", class: "pick", "data-step": `${id}-less`, "aria-label": t("correct.less", {what: label}), onclick: () => by(-1)}, "−");
  const more = h("button", {type: "button", class: "pick", "data-step": `${id}-more`, "aria-label": t("correct.more", {what: label}), onclick: () => by(1)}, "+");
  function by(n) {
    made.value = Math.max(0, Math.min(60, made.value + n));
    text(shown, String(made.value));
    set(less, "disabled", made.value === 0);
  }
  by(0);
  made.element = h("div", {class: "modes count", role: "group", "aria-label": label}, less, h("span", {}, icon("people"), shown, h("small", {}, label)), more);
  return made;
}
