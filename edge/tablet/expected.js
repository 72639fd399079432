// Expected visitors: a group of their own at the head of the desk's list, one tap opens the visit; found by code or QR code; changed and
// cancelled. The form: expect-form.js.

import {get, post} from "./api.js";
import {h} from "./dom.js";
import {expectForm, span} from "./expect-form.js";
import {plate} from "./format.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";
import {both, named, spoken, heading} from "./visit-words.js";

const FEW = 3;
const FRESH_MS = 30_000;
const CODE = /^(\d{6}|GE[12]:.*)$/i;

/** Whether what was typed or scanned into the search is a code. */
export const isCode = (typed) => CODE.test(typed.replace(/\s+/g, ""));

/** Half width: a scanner behind a Chinese input method types «ＧＥ２：». */
export const halfWidth = (typed) => typed.replace(/[！-～]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xFEE0));

export class Expected {
  /** `pane`: the desk's; `changed()`: the list is another one. */
  constructor(pane, changed) {
    Object.assign(this, {pane, changed, rows: [], later: 0, all: false, stale: true, read: 0});
  }

  /** Read again, if somebody made, changed or used one, or half a minute may have made one due. */
  async load() {
    if (!this.stale && Date.now() - this.read < FRESH_MS) return;
    this.stale = false;
    this.read = Date.now();
    const found = await get(`/appointments?later=${this.all}`).catch(() => null);
    if (found) Object.assign(this, {rows: found.rows, later: found.later});
    else this.stale = true;
  }

  wanted(words) {
    if (!words) return this.rows;
    if (this.later && !this.all) this.every(); // who is looked for may come next week
    return this.rows.filter((row) => [row.name, row.plate, row.unit, row.host, row.company].join(" ").toUpperCase().includes(words));
  }

  /** The rows of the group, and its heading. */
  drawn(words) {
    const rows = this.wanted(words);
    const shown = words || this.all ? rows : rows.slice(0, FEW); // so that who stands at the gate stays in sight
    const n = rows.length - shown.length + (words ? 0 : this.later);
    const more = n ? h("li", {}, h("button", {type: "button", class: "visit-row more", "data-open": "all-expected", onclick: () => this.every()}, h("b", {}, t("expect.more", {n})))) : null;
    return rows.length || more ? [h("li", {class: "group"}, icon("book"), t("expect.title", {n: rows.length})), ...shown.map((row) => this.row(row)), more] : [];
  }

  /** All of the next weeks. */
  every() {
    this.all = true;
    this.renew();
  }

  /** Whether it may be changed here: head office's are changed there. */
  mine(row) {
    return row.source !== "headoffice" && row.state === "valid" && this.pane.known?.may.appointment;
  }

  row(row) {
    const mine = this.mine(row);
    const change = mine ? h("button", {type: "button", class: "soft change", "data-change": row.appointment, "aria-label": t("expect.change.of", {who: named(row) || row.plate}), onclick: () => this.change(row.appointment)}, t("expect.change.short")) : null;
    return h("li", {class: mine ? "expected-row" : null}, h("button", {type: "button", class: "visit-row expected", "data-appointment": row.appointment, onclick: () => this.arrive(row.appointment, "list")},
      h("b", {}, named(row) || row.company || row.plate), h("span", {class: "since"}, span(row)),
      h("span", {class: "kind"}, [both(row, "kind"), row.unit, row.host].filter(Boolean).join(" · ")), row.plate ? plate(row.plate) : h("span", {}),
      h("ul", {class: "owed"}, h("li", {class: "step"}, icon("book"), t(`expect.source.${row.source}`)), row.companions ? h("li", {class: "none"}, icon("people"), t("expect.with", {n: row.companions})) : null)), change);
  }

  arrive(appointment, by) {
    return this.pane.send(`/appointments/${appointment}/arrive`, {by});
  }

  /** A code was typed or scanned: show whose it is, with one large button; or why it is none. */
  async find(typed) {
    const said = halfWidth(typed).replace(/\s+/g, "");
    this.pane.leave();
    try {
      const {appointment} = await post("/appointments/find", {text: said});
      this.show(appointment, said.length === 6 ? "code" : "qr");
    } catch (error) {
      await this.pane.kinds();
      this.pane.say(error);
    }
  }

  async show(row, by) {
    await this.pane.knows();
    const go = h("button", {type: "button", class: "answer", "data-answer": "arrive", "data-tone": "go", onclick: () => this.arrive(row.appointment, by)}, h("span", {}, t("expect.arrive")));
    const rows = [["unit", row.unit], ["host", row.host], ["company", row.company], ["purpose", row.purpose], ["companions", row.companions || ""], ["expect.when", span(row)]];
    this.pane.draw(heading([t("expect.one"), named(row)].filter(Boolean).join(" · "), row.plate), spoken(both(this.pane.known.say.welcome), t("expect.found"), true), this.pane.message,
      h("div", {class: "answers"}, go, this.mine(row) ? h("button", {type: "button", class: "answer", "data-answer": "expect-change", onclick: () => this.change(row.appointment)}, t("expect.change")) : null), h("dl", {class: "visit-facts"}, rows.filter(([, value]) => value).map(([id, value]) => h("div", {}, h("dt", {}, id.includes(".") ? t(id) : t(`field.${id}`)), h("dd", {}, String(value))))));
    go.focus({preventScroll: true});
  }

  /** A host calls the post: who will come, and when. */
  async form() {
    const {kinds} = await this.pane.knows();
    expectForm(kinds, null, () => this.renew());
  }

  /** Another time, another plate, another name; or they will not come. Read anew first: another tablet may have changed it. */
  async change(number) {
    try {
      const [{kinds}, {appointment}] = await Promise.all([this.pane.knows(), get(`/appointments/${number}`)]);
      expectForm(kinds, appointment, () => this.renew());
    } catch (error) {
      this.pane.say(error);
    }
  }

  renew() {
    this.stale = true;
    this.changed();
  }
}
