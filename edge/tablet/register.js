// The register's last rows: who passed, when, and what was decided. A tap on a row shows all of it.

import {get} from "./api.js";
import {fill, h} from "./dom.js";
import {clock, plate, word} from "./format.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";

const SIGN = {granted: "ok", refused: "refused", ask: "ask", "by-hand": "hand", admitted: "hand", none: "warn"};
const TROUBLE = ["wrong-way", "interrupted"];

/** What was decided in the end: a refused or doubtful card may have been admitted by a guard. */
export function decided(row) {
  return row.admitted_by ? "admitted" : row.decision;
}

export class Register {
  constructor(open) {
    this.open = open;
    this.rows = [];
    this.body = h("ol", {class: "rows"});
    this.more = h("button", {type: "button", class: "soft", hidden: true, onclick: () => this.older()}, t("register.older"));
    this.search = h("input", {type: "search", placeholder: t("register.search"), "aria-label": t("register.search"), maxlength: 12, autocomplete: "off", oninput: () => this.later(300)});
    this.element = h("div", {class: "register"},
      h("header", {}, h("h2", {id: "register-title"}, t("register.title")), this.search), h("div", {class: "scroll", tabindex: "0", role: "region", "aria-labelledby": "register-title"}, this.body, this.more));
    this.query = "";
  }

  /** Read again soon; several calls within that time are one. */
  later(ms = 120) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), ms);
  }

  async load() {
    this.query = this.search.value.trim() ? `&plate=${encodeURIComponent(this.search.value.trim())}` : "";
    const page = await get(`/passes?limit=30${this.query}`).catch(() => null);
    if (!page) return;
    this.rows = page.rows;
    this.after = page.next;
    this.draw();
  }

  async older() {
    const page = await get(`/passes?limit=30&before=${this.after}${this.query}`).catch(() => null);
    if (!page) return;
    this.rows.push(...page.rows);
    this.after = page.next;
    this.draw();
  }

  draw() {
    const focused = document.activeElement?.closest?.(".row")?.dataset.seq;
    fill(this.body, this.rows.length ? this.rows.map((row) => this.row(row)) : h("li", {class: "empty"}, t("register.empty")));
    this.more.hidden = !this.after;
    if (focused) this.body.querySelector(`[data-seq="${focused}"]`)?.focus({preventScroll: true});
  }

  row(row) {
    const trouble = row.tailgated ? t("register.tailgated") : TROUBLE.includes(row.outcome) || row.plate_match === "differs" ? t(row.plate_match === "differs" ? "register.differs" : `outcome.${row.outcome}`) : "";
    return h("li", {}, h("button", {type: "button", class: "row", "data-seq": row.pass_seq, "data-decision": decided(row), onclick: () => this.open(row.pass_seq)},
      h("span", {class: "at"}, clock(row.opened_ms)), h("span", {class: "dir"}, icon(row.direction === "out" ? "out" : "in"), h("span", {class: "sr"}, t(`direction.${row.direction || "in"}`))),
      plate(row.plate), h("span", {class: "holder"}, row.holder || word("category", row.category)),
      h("span", {class: "decision"}, icon(SIGN[decided(row)] ?? "ask"), word("decision", decided(row))),
      h("span", {class: "outcome"}, trouble ? [icon("warn"), trouble] : ["granted", "by-hand", "none", "admitted"].includes(decided(row)) ? word("outcome", row.outcome) : word("reason.policy", row.reason))));
  }
}
