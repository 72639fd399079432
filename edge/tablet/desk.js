// The desk beside the lanes: open visits with what is outstanding and since when, the visit that is dealt with, notices, counts.
// Two tablets see each other's changes because every committed event of the desk makes both read again.

import {get, inWords, post} from "./api.js";
import {fill, h, set, text} from "./dom.js";
import {address, clock, plate, span} from "./format.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";
import {showCards, showRack, stocking} from "./desk-sheets.js";
import {Expected, halfWidth, isCode} from "./expected.js";
import {alarms, countdown, Inside} from "./inside.js";
import {truckAt} from "./truck.js";
import {VisitPane} from "./visit.js";
import {both, named, whose} from "./visit-words.js";

const DESK_KINDS = /^(visit|host|document|card|notice|appointment|watch)\./;
const SOON_MS = 60;
const NOTED_MS = 60_000;

export class Desk {
  /** `board`: see rooms.js. */
  constructor(board) {
    Object.assign(this, {id: "visits", icon: "people", key: "V", board, rows: [], current: 0, waiting: 0});
    this.search = h("input", {type: "search", name: "find", placeholder: t("desk.find"), maxlength: 400, autocomplete: "off", oninput: () => this.draw(), onkeydown: (event) => this.found(event)});
    this.list = h("ol", {class: "visit-rows", "aria-label": t("desk.open")});
    this.notices = h("div", {class: "notices", role: "status"});
    this.leaving = h("div", {class: "notices", role: "status"});
    this.counts = h("div", {class: "counts"});
    this.pane = new VisitPane(() => this.later(), (id) => this.mark(id));
    this.expected = new Expected(this.pane, () => this.later());
    this.expecting = h("button", {type: "button", class: "desk-tile call", "data-open": "expect", onclick: () => this.expected.form()}, icon("phone"), h("span", {}, t("expect.new")));
    this.inside = new Inside();
    this.element = h("section", {class: "desk", "aria-label": t("desk.title")},
      h("div", {class: "visits"}, h("div", {class: "visits-head two"},
        h("button", {type: "button", class: "desk-tile new", "data-open": "new", onclick: () => this.pane.kinds()}, icon("people"), h("span", {}, t("desk.new")), h("kbd", {}, "N")),
        this.expecting),
      h("label", {class: "find"}, h("span", {class: "sr"}, t("desk.find")), this.search), this.list, this.inside.alarm, this.leaving, this.notices, this.counts),
      this.pane.element);
    this.onKey = (event) => this.shortcut(event);
    addEventListener("keydown", this.onKey);
    this.load();
  }

  open() {
    this.expected.all = false;
    this.pane.kinds();
    this.load();
    this.element.querySelector(".visit").scrollTop = 0;
  }

  get shown() {
    return this.board.shown(this.id);
  }

  /** Visitors who stand at the gate. */
  badge() {
    return this.waiting;
  }

  /** Somebody has stayed too long, or waits for the shift leader. */
  waits() {
    return this.rows.some((visit) => alarms(visit) || (this.board.leader && visit.watched === "waiting"));
  }

  /** A card at the desk's reader: for the visit that waits for one, else it opens the visit that it is out with. */
  tap(card) {
    if (this.shown && (stocking(card) || this.pane.taps.tapped(card))) return;
    if (!card.visit || card.state !== "issued") { if (this.shown) this.pane.taps.told(card); return; }
    if (this.shown && !this.pane.typing) this.pane.load(card.visit);
    else this.note(h("div", {class: "notice-row", "data-leaving": card.visit}, h("div", {}, h("b", {}, t("tap.of", {label: card.label || card.card}))), h("button", {type: "button", onclick: () => this.board.visit(card.visit)}, t("desk.exit.do"))));
  }

  /** A code at the desk's scanner: whose appointment it is, or why it is none. What is being typed here is not pushed away. */
  scan({appointment, error}) {
    if (this.shown && !this.pane.typing) {
      this.pane.leave();
      if (appointment) this.expected.show(appointment, "qr");
      else this.pane.kinds().then(() => this.pane.say(error));
      return;
    }
    const go = appointment ? h("button", {type: "button", onclick: () => { this.board.go(this.id); this.expected.show(appointment, "qr"); }}, t("expect.arrive")) : null;
    this.note(h("div", {class: "notice-row", "data-scan": appointment?.appointment ?? error.code}, h("div", {}, h("b", {}, appointment ? t("scan.of", {who: named(appointment) || appointment.plate}) : error.message), appointment ? null : ` ${error.hint}`), go));
  }

  /** What was held to a reader while something else was being done: for a minute, then what waits at the exits is said again. */
  note(row) {
    fill(this.leaving, row);
    clearTimeout(this.noted);
    this.noted = setTimeout(() => { this.leavingShown = null; this.update({lanes: this.lanes ?? []}); }, NOTED_MS);
  }

  issuing(step) {
    this.pane.taps.issuing(step);
  }

  shortcut(event) {
    if (!this.shown || event.ctrlKey || event.altKey || event.metaKey || event.repeat || document.querySelector("dialog[open], .chips:not([hidden])")) return;
    if (event.target instanceof HTMLInputElement) return;
    if (event.key.toUpperCase() === "N") { event.preventDefault(); this.pane.kinds(); }
    else if (event.key === "/") { event.preventDefault(); this.search.focus(); }
    else if (!this.pane.element.contains(event.target) && this.pane.element.querySelector(".kind-tile")) this.pane.key(event); // the room has just been opened
  }

  /** The live state: whose card was presented at the exit, with something outstanding. */
  update(state) {
    this.lanes = state.lanes;
    const leaving = state.lanes.filter((lane) => lane.prompt?.params?.visit && lane.direction === "out").map((lane) => ({lane, owed: this.owed(lane.prompt)})).filter(({owed}) => owed.length);
    const signature = leaving.map(({lane, owed}) => `${lane.id} ${lane.prompt.params.visit} ${owed}`).join();
    if (signature === this.leavingShown) return;
    this.leavingShown = signature;
    fill(this.leaving, leaving.map(({lane, owed}) => {
      const {visit, bound} = lane.prompt.params;
      const [does, words] = owed.join() === "load" ? [() => truckAt(lane.id), "leave.load.do"] : [() => this.pane.load(visit), "desk.exit.do"];
      return h("div", {class: "notice-row", "data-leaving": visit}, h("div", {}, h("b", {}, t("desk.exit", {lane: lane.name, who: address(lane.prompt.params) || bound})), " ", owed.map((what) => t(`owed.${what}`)).join(" · ")),
        h("button", {type: "button", onclick: does}, t(words)));
    }));
  }

  /** What is still to be settled of what was outstanding when the card was presented. */
  owed({code, params: {visit, outstanding = []}}) {
    const now = this.rows.find((row) => row.visit === visit)?.outstanding ?? [];
    return outstanding.filter((what) => (what === "load" ? code !== "load-done" : now.includes(what)));
  }

  /** An event of the journal: read again soon when it is one of ours. */
  journal(event) {
    if (event.kind.startsWith("appointment.")) this.expected.stale = true;
    if (DESK_KINDS.test(event.kind)) this.later();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), SOON_MS);
  }

  async load() {
    const [visits, notices] = await Promise.all([get("/visits").catch(() => null), get("/notices").catch(() => null), this.expected.load(), this.pane.knows().catch(() => null)]);
    if (visits && JSON.stringify(visits.counts) !== this.counted) { this.counted = JSON.stringify(visits.counts); this.inside.load(); }
    this.expecting.hidden = this.pane.known?.may.appointment === false;
    if (visits) {
      this.rows = visits.rows;
      if (this.lanes) this.update({lanes: this.lanes});
      this.drawCounts(visits.counts);
      this.draw();
    }
    if (notices) this.drawNotices(notices.rows);
    if (this.shown) this.pane.refresh();
  }

  mark(id) {
    this.current = id;
    for (const row of this.list.querySelectorAll(".visit-row")) set(row, "aria-current", row.dataset.visit === String(id) ? "true" : null);
  }

  wanted() {
    const words = this.search.value.trim().toUpperCase();
    if (!words) return this.rows;
    return this.rows.filter((visit) => [visit.name, visit.plate, visit.unit, visit.host, visit.company, ...visit.cards.map((card) => `${card.label} ${card.card}`)].join(" ").toUpperCase().includes(words));
  }

  /** Enter in the search: the only one that fits is opened, so a card that is read by a keyboard reader finds its visit. */
  async found(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const rows = this.wanted();
    const words = this.search.value.trim().toUpperCase();
    if (isCode(halfWidth(words))) { this.search.value = ""; this.draw(); this.expected.find(words); return; }
    const exact = rows.filter((visit) => visit.cards.some((card) => [card.label, card.card].some((name) => name.toUpperCase() === words)));
    const only = exact.length === 1 ? exact[0] : rows.length === 1 ? rows[0] : null;
    if (only) { this.search.value = ""; this.draw(); this.pane.load(only.visit); }
  }

  draw() {
    const focused = document.activeElement?.closest?.(".visit-row")?.dataset.visit;
    const rows = this.wanted();
    const expected = this.expected.drawn(this.search.value.trim().toUpperCase());
    const open = rows.length ? rows.map((visit) => this.row(visit)) : expected.length ? [] : h("li", {class: "empty"}, t(this.search.value ? "desk.none-found" : "desk.none"));
    fill(this.list, [...expected, expected.length && rows.length ? h("li", {class: "group"}, icon("people"), t("desk.open")) : null, open].flat());
    this.inside.draw(this.rows, (id) => this.board.visit(id));
    this.board.rail?.update();
    if (focused) this.list.querySelector(`[data-visit="${focused}"]`)?.focus({preventScroll: true});
  }

  row(visit) {
    const age = span(Math.max(0, Date.now() - visit.since_ms) / 1000);
    const who = named(visit) || whose(visit);
    return h("li", {}, h("button", {type: "button", class: "visit-row", "data-visit": visit.visit, "aria-current": visit.visit === this.current ? "true" : null, onclick: () => this.pane.load(visit.visit)},
      h("b", {}, who), h("span", {class: "since"}, t("desk.for", {at: clock(visit.since_ms, undefined, false), age})),
      h("span", {class: "kind"}, [both(visit, "kind"), visit.unit].filter(Boolean).join(" · ")), visit.plate && visit.plate !== who ? plate(visit.plate) : h("span", {}),
      h("ul", {class: "owed"}, visit.state === "open" ? h("li", {class: "step"}, icon("wait"), t("desk.at-gate")) : null,
        visit.outstanding.map((what) => h("li", {}, icon(what === "card" ? "keys" : "book"), t(`owed.${what}`))),
        visit.outstanding.length || visit.state === "open" ? null : h("li", {class: "none"}, icon("ok"), t("desk.settled")),
        visit.state === "open" && visit.watched && visit.watched !== "admit" ? h("li", {}, icon("wait"), t(`watch.short.${visit.watched}`)) : null,
        visit.due_ms ? h("li", {class: Date.now() > visit.due_ms ? "over" : "step"}, icon("wait"), countdown(visit)) : null)));
  }

  drawCounts(counts) {
    const one = (id, value, label, onclick) => h("button", {type: "button", "data-count": id, "aria-haspopup": "dialog", onclick}, h("b", {}, String(value ?? 0)), h("span", {}, label));
    fill(this.counts, one("rack", counts.cards_rack, t("count.rack"), () => showCards(this.board.leader)), one("documents", counts.documents, t("count.documents"), () => showRack((visit) => this.pane.load(visit))),
      one("inside", counts.people, t("count.inside"), () => this.inside.show(this.rows, (id) => this.board.visit(id))));
    this.waiting = counts.open ?? 0;
    this.board.rail.update();
  }

  /** One notice at a time, the oldest first, so that the visits stay in sight; how many more wait is said. */
  drawNotices(rows) {
    const waiting = rows.filter((told) => !told.acked_ms).reverse();
    const more = waiting.length - 1;
    fill(this.notices, waiting.slice(0, 1).map((told) => h("div", {class: "notice-row", "data-notice": told.notice},
      h("div", {}, h("b", {}, t(`notice.to.${told.to}`)), " ", both(told), " ", told.plate, h("br"), t("notice.waiting.since", {at: clock(told.at_ms, undefined, false)}), more ? h("b", {}, ` ${t("notice.more", {n: more})}`) : null),
      h("button", {type: "button", onclick: (event) => this.acknowledge(told.notice, event.currentTarget)}, t("notice.ack")))));
  }

  async acknowledge(notice, button) {
    button.disabled = true;
    try {
      await post(`/notices/${notice}/acknowledge`, {by: "radio"});
      this.later();
    } catch (error) {
      button.disabled = false;
      text(this.pane.message, inWords(error));
    }
  }

  end() {
    clearTimeout(this.timer);
    clearTimeout(this.noted);
    removeEventListener("keydown", this.onKey);
  }
}
