// How a visit begins: the kind as a large tile, then who it is and to whom, which is all that has to be typed.

import {h, set, text} from "./dom.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";
import {stepper} from "./stepper.js";
import {vehicles} from "./visit-about.js";
import {Fields} from "./visit-fields.js";
import {asAddressed, both, heading, spoken} from "./visit-words.js";

const KIND_ICON = {business: "book", guest: "people", viewer: "hand", salesperson: "ask", "construction-short": "wait", "construction-long": "wait", delivery: "car"};
const MODES = ["foot", "vehicle"];
const TITLES = ["mr", "ms"];

export class Beginning {
  /** On that VisitPane, which draws and sends. */
  constructor(pane) {
    this.pane = pane;
    this.titled = "";
    this.people = null;
  }

  /** The kinds. */
  kinds() {
    Object.assign(this, {titled: "", people: null});
    const {known, message} = this.pane;
    const tiles = (known?.kinds ?? []).map((kind, n) => h("button", {type: "button", class: "kind-tile", "data-kind": kind.kind, onclick: () => this.who(kind)},
      icon(KIND_ICON[kind.kind] ?? "people"), h("span", {}, both(kind)), h("kbd", {}, String(n + 1))));
    const {welcome} = known?.say ?? {};
    this.pane.draw(spoken(welcome ? both(welcome) : "", t("desk.choose"), true), message, h("div", {class: "kinds"}, tiles));
  }

  /** Who it is and to whom: what this kind asks for. A pick that fills the last field begins the visit. */
  who(kind, mode = kind.modes[0], typed = {}) {
    const {pane} = this;
    pane.drawnAt = performance.now();
    const asks = kind.asks[mode] ?? [];
    if (!asks.length && kind.modes.length > 1 && mode === kind.modes[0]) { this.how(kind); return; }
    const go = () => this.begin(kind, mode);
    const more = ["name", "unit", "host"].filter((id) => !asks.includes(id) && (id !== "host" || asks.includes("unit")) && asks.length);
    const first = [...asks.filter((id) => !["unit", "vehicle"].includes(id)), ...more.filter((id) => id !== "host"), ...(asks.includes("unit") ? ["unit", "host"] : [])];
    const ids = [...first, ...asks.filter((id) => id === "vehicle")]; // what is typed stands in one row, so that the whole form is in sight
    pane.fields = new Fields(ids.map((id) => ({id, required: asks.includes(id), value: typed[id] ?? "", choices: id === "vehicle" ? vehicles(pane.known) : null})), go, go);
    if (first.length > 3) pane.fields.element.classList.add("narrow");
    const toggle = (group, id, label, sign, onclick) => h("button", {type: "button", class: "pick", [`data-${group}`]: id, "aria-pressed": String(id === (group === "mode" ? mode : this.titled)), onclick}, sign ? icon(sign) : null, label);
    const titles = h("div", {class: "modes", role: "group", "aria-label": t("desk.titles")}, asks.includes("name") ? TITLES.map((one) => toggle("title", one, t(`title.${one}`), "", (event) => this.address(one, event.currentTarget))) : null);
    const modes = kind.modes.length > 1 ? h("div", {class: "modes", role: "group", "aria-label": t("desk.mode")}, MODES.filter((one) => kind.modes.includes(one)).map((one) =>
      toggle("mode", one, t(`mode.${one}`), one === "foot" ? "people" : "car", () => this.who(kind, one, pane.fields.typedSoFar())))) : null;
    text(pane.message, "");
    const say = pane.known.say[asks.includes("unit") ? "whom" : "welcome"];
    this.people = stepper("companions", t("field.companions"), this.people?.value ?? 0);
    pane.draw(heading(both(kind), null, titles, modes), spoken(both(say), t("desk.who.hint"), say.salute), pane.message,
      pane.fields.element, h("div", {class: "begin"}, this.people.element, h("div", {class: "answers"}, pane.button({id: "begin", label: t("desk.begin"), tone: "go"}, go))));
    pane.fields.focus();
  }

  /** One tap says which title; the same again takes it back. */
  address(title, button) {
    this.titled = this.titled === title ? "" : title;
    for (const other of button.parentElement.children) set(other, "aria-pressed", String(other.dataset.title === this.titled));
  }

  /** A kind of which nothing needs to be typed: only how they came. */
  how(kind) {
    const {pane} = this;
    pane.fields = null;
    const modes = kind.modes.map((mode) => pane.button({id: mode, label: t(`mode.${mode}`), tone: "go"}, () => (kind.asks[mode]?.length ? this.who(kind, mode) : this.begin(kind, mode))));
    text(pane.message, "");
    pane.draw(heading(both(kind), null), spoken(both(pane.known.say.welcome), t("desk.mode"), true), pane.message, h("div", {class: "answers"}, modes));
  }

  begin(kind, mode) {
    const values = this.pane.fields ? this.pane.values() : {};
    if (!values) return;
    Object.assign(values, asAddressed(values.name));
    if (this.titled) values.title = this.titled;
    if (this.people?.value) values.companions = this.people.value;
    this.pane.send("/visits", {kind: kind.kind, mode, ...values});
  }
}
