// A visit that fits the watch list. The guard reads a neutral sentence; a shift leader reads why, and says what to do.

import {h} from "./dom.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";

/** What is shown above the step, or null. `decide(decision)`: a leader's word. */
export function watching(visit, decide) {
  if (!visit.watched || !["open", "admitted"].includes(visit.state)) return null;
  const because = visit.watch.map((entry) => h("li", {}, h("b", {}, entry.reason), ` ${[entry.name, entry.plate, entry.phone].filter(Boolean).join(" · ")} (${entry.by.split(",").map((one) => t(`watch.by.${one}`)).join("、")})`));
  const may = because.length && visit.state === "open";
  const button = (decision, tone) => h("button", {type: "button", class: "answer", "data-decide": decision, "data-tone": tone, "aria-pressed": String(visit.watched === decision), onclick: () => decide(decision)}, t(`watch.${decision}`));
  return h("div", {class: "watching", "data-watched": visit.watched, role: "status"}, icon(visit.watched === "admit" ? "ok" : "wait"),
    h("div", {}, h("b", {}, t(`watch.state.${visit.watched}`)), because.length ? h("ul", {}, because) : null),
    may ? h("div", {class: "does"}, button("admit", "go"), button("decline", "stop")) : null);
}
