// Keys of the booth's keyboard: a row for the left lane under the left hand, one for the right lane under the right hand.

import {h} from "./dom.js";
import {t} from "./i18n.js";

const SETS = [
  {open: "Q", close: "A", stop: "W", hold: "E"},
  {open: "P", close: "L", stop: "O", hold: "I"},
];

/** The keys of the n-th lane; the third and further lanes have none. */
export const keysOf = (n) => SETS[n] ?? {open: "", close: "", stop: "", hold: ""};

/** Listen; `cards()` gives the lane cards in order. Returns a function that ends it. */
export function listen(cards) {
  const onKey = (event) => {
    if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
    if (event.target instanceof HTMLInputElement) return;
    const asking = cards().find((card) => card.asking);
    if (asking && event.key === "Escape") { asking.close(); return; }
    if (asking && /^[1-9]$/.test(event.key) && asking.reasons[event.key - 1]) { asking.choose(asking.reasons[event.key - 1]); return; }
    cards().forEach((card) => {
      const action = Object.keys(card.keys).find((name) => card.keys[name] && card.keys[name] === event.key.toUpperCase());
      const button = action && card.buttons[action];
      if (button && !button.disabled) { event.preventDefault(); button.click(); }
    });
  };
  addEventListener("keydown", onKey);
  return () => removeEventListener("keydown", onKey);
}

/** The table of keys, for the help page. */
export function table(lanes) {
  const rows = ["open", "stop", "hold", "close"].map((action) => h("tr", {}, h("th", {scope: "row"}, t(`action.${action}`)),
    ...lanes.map((_, n) => h("td", {}, h("kbd", {}, keysOf(n)[action] || "—")))));
  return h("table", {class: "keytable"}, h("thead", {}, h("tr", {}, h("td"), ...lanes.map((lane) => h("th", {scope: "col"}, lane.name)))), h("tbody", {}, rows));
}
