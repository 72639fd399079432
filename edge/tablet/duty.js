// Who is on duty, and the change of shift (D6): the incoming guard counts first, then sees what the gate knows, gives a reason for what
// differs, and takes over. For the shift leader one page on this shift. Notices from head office are kept here too (D5).

import {get, inWords, post} from "./api.js";
import {form, load as loadNotices, notices} from "./bulletins.js";
import {fill, h, set, text} from "./dom.js";
import {clock, span} from "./format.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";
import {overview} from "./overview.js";
import {heading, spoken} from "./visit-words.js";

const MINE = /^(shift|session|bulletin|card|user)\./;
const SOON_MS = 120;

export class Duty {
  /** `board`: see rooms.js; of it also `who`, `leave()` (sign out) and `takeOver()` (somebody else signs in beside whoever is here). */
  constructor(board) {
    Object.assign(this, {id: "duty", icon: "duty", key: "D", board, skew: 0, due: false, view: "", from: ""});
    this.side = h("div", {class: "visits duty-side"});
    this.message = h("p", {class: "visit-message", role: "alert"});
    this.pane = h("div", {class: "visit", tabindex: "0", role: "group", "aria-label": t("rail.duty")}); // it scrolls, also for whoever has a keyboard alone
    this.element = h("section", {class: "desk duty", "aria-label": t("rail.duty")}, this.side, this.pane);
    this.pane.addEventListener("keydown", (event) => {
      if (event.target.matches?.("input") || !/^[1-9]$/.test(event.key)) return;
      this.pane.querySelectorAll(".answers:not([hidden]) .answer")[event.key - 1]?.click();
    });
  }

  get now() {
    return Date.now() + this.skew;
  }

  open() {
    this.view = "";
    this.load();
  }

  badge() {
    return this.due ? 1 : 0;
  }

  waits() {
    return this.due;
  }

  update(state) {
    this.skew = state.now_ms - Date.now();
    this.due = state.post.shift.due;
    this.shift = state.post.shift;
  }

  journal(event) {
    if (MINE.test(event.kind)) this.later();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { if (this.board.shown(this.id)) this.load(); }, SOON_MS);
  }

  async load() {
    const [duty, told] = await Promise.all([get("/duty").catch(() => null), loadNotices().catch(() => null)]);
    if (!duty || !told) return;
    this.known = duty;
    this.told = told;
    this.draw();
    if (this.view === "") await this.home();
  }

  draw() {
    if (!this.known || !this.told) return;
    const {shift} = this.known;
    const due = shift.due ? h("p", {class: "duty-due", role: "status"}, icon("warn"), t("duty.due", {span: span((this.now - shift.due_since_ms) / 1000)})) : null;
    fill(this.side, h("section", {class: "duty-part"}, h("h3", {}, t("duty.now")), h("ul", {class: "plain"}, this.known.on_duty.map((person) => h("li", {class: "duty-who"}, icon("people"), h("b", {}, person.name), h("small", {}, `${t(`role.${person.role}`)} · ${t("duty.since", {at: clock(person.since_ms, this.now, false)})}`)))),
      shift.ends_ms ? h("p", {class: "quiet"}, t("duty.ends", {at: clock(shift.ends_ms, this.now, false)})) : null, due),
    h("div", {class: "duty-do"}, h("button", {type: "button", class: "desk-tile", "data-open": "hand-over", onclick: () => this.handOver()}, icon("leave"), h("span", {}, t("duty.hand-over"))),
      h("button", {type: "button", class: "desk-tile", "data-open": "count", onclick: () => this.count()}, icon("duty"), h("span", {}, t("duty.take-over")))),
    notices(this.told.rows, this.now, this.board.leader, (row) => this.edit(row)));
  }

  show(view, ...parts) {
    this.view = view;
    fill(this.pane, ...parts);
    this.pane.scrollTop = 0;
  }

  // ---- at rest ---------------------------------------------------------------------------------------------------

  async home() {
    const seen = this.board.leader ? await get("/duty/overview").catch(() => null) : null;
    if (seen) this.kinds ??= await get("/visits/kinds").catch(() => null);
    const declined = new Map((this.kinds?.kinds ?? []).flatMap((kind) => kind.reasons).map((reason) => [reason.answer, reason]));
    if (this.view !== "") return;
    this.show("", heading(t(seen ? "duty.view" : "duty.last"), null), this.message, seen ? overview(seen, this.now, declined) : null, this.last());
  }

  /** The last hand-overs, with what differed. */
  last() {
    const rows = this.known?.handovers ?? [];
    return h("section", {class: "duty-part", "aria-label": t("duty.last")}, this.view !== "" || this.board.leader ? h("h3", {}, t("duty.last")) : null, rows.length ? h("ul", {class: "plain"}, rows.map((row) => h("li", {class: "handover", "data-differs": row.differences.length ? "yes" : null},
      icon(row.differences.length ? "warn" : "ok"), h("div", {}, h("b", {}, `${clock(row.at_ms, this.now, false)} ${row.outgoing_names.join("、") || "—"} → ${row.incoming_names.join("、")}`),
        h("span", {}, row.differences.length ? row.differences.map((item) => { const n = row.items.indexOf(item); return t("duty.differs", {item: t(`duty.item.${item}`), counted: row.counted[n], known: row.known[n]}); }).join("；") : t("duty.same")),
        row.reason ? h("q", {}, row.reason) : null, row.cards.length ? h("small", {}, t("duty.blocked", {n: row.cards.length})) : null)))) : h("p", {class: "empty"}, t("duty.never")));
  }

  edit(row) {
    const back = () => { this.view = ""; this.load(); };
    text(this.message, "");
    this.show("notice", heading(t(row ? "bulletin.correct" : "bulletin.post"), null), this.message, form(this.told.kinds, row, this.now, back, (error) => this.say(error)));
  }

  // ---- handing over ----------------------------------------------------------------------------------------------

  /** «交班»: the next one signs in here and counts; or only signing out. */
  handOver() {
    text(this.message, "");
    const button = (id, label, note, tone, onclick) => h("button", {type: "button", class: "answer", "data-answer": id, "data-tone": tone, onclick}, h("span", {}, label), h("small", {}, note));
    this.show("hand-over", heading(t("duty.hand-over"), null), spoken(t("duty.hand-over.how"), t("duty.hand-over.why"), false), this.message, h("div", {class: "answers"},
      button("next", t("duty.next"), t("duty.next.note"), "go", () => this.board.takeOver()), button("sign-out", t("duty.sign-out"), t("duty.sign-out.note"), "stop", () => this.board.leave())), this.last());
    this.pane.querySelector(".answer").focus({preventScroll: true});
  }

  /** The incoming guard counts. Nothing here says what the gate knows. `from`: who hands over. */
  async count(from = this.from, afresh = false) {
    this.from = from;
    this.known ??= await get("/duty").catch(() => null);
    if (this.known?.count && !afresh) { this.compare(this.known.count); return; }
    text(this.message, "");
    const items = this.known?.items ?? [];
    const inputs = new Map(items.map((item) => [item, h("input", {name: item, type: "text", inputmode: "numeric", pattern: "[0-9]*", maxlength: 4, autocomplete: "off", required: true, "aria-label": t(`duty.item.${item}`)})]));
    const send = async (event) => {
      event.preventDefault();
      const missing = [...inputs.values()].find((input) => !/^\d{1,4}$/.test(input.value.trim()));
      if (missing) { set(missing, "aria-invalid", "true"); text(this.message, t("duty.missing")); missing.focus(); return; }
      await this.doing(async () => {
        this.compare(await post("/duty/count", Object.fromEntries([...inputs].map(([item, input]) => [item, Number(input.value)]))));
      });
    };
    this.show("count", heading(t("duty.counting"), null), spoken(t("duty.count.how"), t("duty.count.why"), false), this.message, h("form", {class: "visit-form counting", novalidate: true, onsubmit: send},
      items.map((item) => h("label", {}, h("span", {}, t(`duty.item.${item}`)), inputs.get(item), h("small", {}, t(`duty.where.${item}`)))),
      h("button", {type: "submit", class: "answer", "data-answer": "counted", "data-tone": "go"}, t("duty.counted"))));
    inputs.values().next().value?.focus({preventScroll: true});
  }

  /** Counted beside known; a reason for what differs; who hands over; take over. */
  compare(count) {
    const others = (this.known?.on_duty ?? []).filter((person) => person.user !== this.board.who.user);
    const outgoing = new Set(others.filter((person) => !this.from || person.user === this.from).map((person) => person.user));
    const differs = count.differences.length > 0;
    const reason = h("input", {name: "reason", maxlength: 400, autocomplete: "off", "aria-label": t("duty.reason"), placeholder: t("duty.reason")});
    const people = h("div", {class: "picks", role: "group", "aria-label": t("duty.from")}, others.map((person) => h("button", {type: "button", class: "pick", "data-from": person.user, "aria-pressed": String(outgoing.has(person.user)), onclick: (event) => {
      if (!outgoing.delete(person.user)) outgoing.add(person.user);
      set(event.currentTarget, "aria-pressed", String(outgoing.has(person.user)));
    }}, person.name)));
    const take = () => this.doing(async () => {
      await post("/duty/hand-over", {count: count.count, outgoing: [...outgoing], reason: reason.value.trim()});
      this.known = await get("/duty");
      this.from = "";
      this.draw();
      this.over(this.known.handovers[0]);
    });
    text(this.message, "");
    const row = (item, n) => {
      const wrong = count.differences.includes(item);
      const read = count.counted[n] < 0;
      return h("tr", {"data-item": item, "data-differs": wrong ? "yes" : null}, h("th", {scope: "row"}, t(`duty.item.${item}`)), h("td", {}, read ? "—" : String(count.counted[n])), h("td", {}, String(count.known[n])),
        h("td", {}, icon(wrong ? "warn" : "ok"), read ? t("duty.read-off") : wrong ? t("duty.off", {n: count.counted[n] - count.known[n]}) : t("duty.right")));
    };
    this.show("compare", heading(t("duty.comparing"), null), spoken(t(differs ? "duty.differ.how" : "duty.same.how"), t("duty.kept"), false), this.message,
      h("div", {class: "comparing"}, h("table", {class: "counted"}, h("thead", {}, h("tr", {}, ["duty.what", "duty.col.counted", "duty.col.known", "duty.col.result"].map((key) => h("th", {scope: "col"}, t(key))))), h("tbody", {}, count.items.map(row))), h("div", {class: "comparing-do"},
        differs ? h("div", {class: "visit-form"}, reason) : null, others.length ? [h("h3", {}, t("duty.from")), people] : null)),
      h("div", {class: "answers"}, h("button", {type: "button", class: "answer", "data-answer": "take-over", "data-tone": "go", onclick: take}, t("duty.confirm")),
        h("button", {type: "button", class: "answer", "data-answer": "again", "data-tone": "stop", onclick: () => this.count(this.from, true)}, t("duty.again"))));
    (differs ? reason : this.pane.querySelector(".answer")).focus({preventScroll: true});
  }

  over(row) {
    text(this.message, "");
    this.show("over", heading(t("duty.over"), null), spoken(t("duty.over.how", {names: row.incoming_names.join("、")}), row.cards.length ? t("duty.blocked", {n: row.cards.length}) : t("duty.none-blocked"), false), this.message,
      row.cards.length ? h("ul", {class: "sums"}, row.cards.map((card) => h("li", {}, card))) : null,
      h("div", {class: "answers"}, h("button", {type: "button", class: "answer", "data-answer": "home", "data-tone": "go", onclick: () => this.open()}, t("duty.back"))), this.last());
  }

  async doing(work) {
    if (this.busy) return;
    this.busy = true;
    try {
      await work();
    } catch (error) {
      this.say(error);
    }
    this.busy = false;
  }

  say(error) {
    text(this.message, inWords(error));
    this.pane.scrollTop = 0;
  }

  end() {
    clearTimeout(this.timer);
  }
}
