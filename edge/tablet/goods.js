// Goods that leave (G1) and trucks (G2): permits in force on the left, and on the right the one that is checked, a paper that is typed
// in, or a truck's load. Rows, sentences and what may be done come from the gate.

import {get, inWords, post} from "./api.js";
import {fill, h, set, text} from "./dom.js";
import {clock, plate} from "./format.js";
import {extraForm, paperForm} from "./goods-form.js";
import {PermitCheck} from "./goods-permit.js";
import {specimens} from "./goods-specimen.js";
import {has, t} from "./i18n.js";
import {icon} from "./icons.js";
import {both, heading, spoken} from "./visit-words.js";

const KINDS = /^(permit|goods|load|truck|specimen|picture)\./;
const SOON_MS = 80;
const STEADY_MS = 300; // the second half of a double tap is no answer to what comes next
const OVERRIDES = ["office-agreed", "emergency", "other"];

export class Goods {
  /** `board`: see rooms.js. */
  constructor(board) {
    Object.assign(this, {id: "goods", icon: "box", key: "G", board, rows: [], exits: [], here: [], current: 0, drawnAt: 0});
    this.search = h("input", {type: "search", name: "find-permit", placeholder: t("goods.find"), maxlength: 40, autocomplete: "off", oninput: () => this.later(), onkeydown: (event) => this.found(event)});
    this.list = h("ol", {class: "visit-rows", "aria-label": t("goods.permits")});
    this.message = h("p", {class: "visit-message", role: "alert"});
    this.pane = h("div", {class: "visit goods-pane"});
    this.pane.addEventListener("keydown", (event) => this.digit(event));
    this.element = h("section", {class: "desk goods", "aria-label": t("goods.title")},
      h("div", {class: "visits"}, h("div", {class: "visits-head"},
        h("button", {type: "button", class: "desk-tile new", "data-open": "paper", onclick: () => this.paper()}, icon("box"), h("span", {}, t("goods.paper")), h("kbd", {}, "N"))),
      h("label", {class: "find"}, h("span", {class: "sr"}, t("goods.find")), this.search), this.list), this.pane);
    this.onKey = (event) => this.shortcut(event);
    this.onTruck = (event) => { this.board.go(this.id); this.truck(event.detail.lane || this.here[0]?.lane || this.exits[0]?.id, true); };
    addEventListener("keydown", this.onKey);
    addEventListener("truck", this.onTruck);
  }

  // ---- the room --------------------------------------------------------------------------------------------------

  open() {
    this.load();
    const waiting = this.here.find((truck) => truck.load !== "done");
    if (waiting) this.truck(waiting.lane);
    else this.home();
  }

  get shown() {
    return this.board.shown(this.id);
  }

  /** Trucks whose load is not in order yet. */
  badge() {
    return this.here.filter((truck) => truck.load !== "done").length;
  }

  waits() {
    return this.badge() > 0;
  }

  update(state) {
    this.exits = state.lanes.filter((lane) => lane.direction === "out");
    const was = JSON.stringify(this.here.map(({lane, load, plate: at}) => [lane, load, at]));
    this.here = state.goods?.here ?? [];
    if (this.shown && this.redraw && JSON.stringify(this.here.map(({lane, load, plate: at}) => [lane, load, at])) !== was) this.redraw();
  }

  journal(event) {
    if (KINDS.test(event.kind)) this.later();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), SOON_MS);
  }

  draw() { /* the list has dates, no ages */ }

  end() {
    clearTimeout(this.timer);
    removeEventListener("keydown", this.onKey);
    removeEventListener("truck", this.onTruck);
  }

  shortcut(event) {
    if (!this.shown || event.ctrlKey || event.altKey || event.metaKey || event.repeat || document.querySelector("dialog[open], .chips:not([hidden])")) return;
    if (event.target.matches?.("input, select, textarea")) return;
    if (event.key.toUpperCase() === "N") { event.preventDefault(); this.paper(); }
    else if (event.key === "/") { event.preventDefault(); this.search.focus(); }
  }

  /** 1 to 9: the answers in their order. */
  digit(event) {
    if (event.target.matches("input, select") || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    const wanted = /^[1-9]$/.test(event.key) && [...this.pane.querySelectorAll(".answers:not([hidden]) .answer")][event.key - 1];
    if (wanted) { event.preventDefault(); wanted.click(); }
  }

  async knows() {
    this.words ??= await get("/goods/words");
    return this.words;
  }

  async load() {
    if (!this.shown) return;
    const wanted = this.search.value.trim();
    const found = await get(`/permits?text=${encodeURIComponent(wanted)}`).catch(() => null);
    if (found && wanted === this.search.value.trim()) {
      this.rows = found.rows;
      fill(this.list, this.rows.length ? this.rows.map((row) => this.row(row)) : h("li", {class: "empty"}, t(wanted ? "goods.none-found" : "goods.none")));
    }
    this.check?.refresh();
  }

  row(row) {
    const left = row.items.filter((item) => item.left);
    return h("li", {}, h("button", {type: "button", class: "visit-row", "data-permit": row.permit, "aria-current": row.permit === this.current ? "true" : null, onclick: () => this.permit(row.permit)},
      h("b", {}, row.number || row.bearer || row.signer || t("goods.nameless")), h("span", {class: "since"}, t("goods.until", {date: row.until})),
      h("span", {class: "kind"}, [both(row, "role"), row.unit || row.company, row.source === "headoffice" ? t("goods.source.headoffice") : ""].filter(Boolean).join(" · ")), row.plate ? plate(row.plate) : h("span", {}),
      h("ul", {class: "owed"}, row.stops ? h("li", {}, icon("warn"), this.finding(row.stops)) : h("li", {class: "step"}, icon("box"), left.map((item) => `${item.name} ${item.left}${item.measure}`).join("、")))));
  }

  finding(id) {
    const known = this.words?.findings.find((one) => one.finding === id);
    return known ? both(known) : id;
  }

  /** Enter in the search: the only one that fits is opened. */
  async found(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    clearTimeout(this.timer);
    await this.load();
    if (this.rows.length === 1) this.permit(this.rows[0].permit);
  }

  // ---- the pane --------------------------------------------------------------------------------------------------

  /** Put these in the pane. `redraw` is called when a truck's load is another one. */
  show(parts, redraw = null) {
    this.drawnAt = performance.now();
    this.redraw = redraw;
    fill(this.pane, ...parts);
    this.pane.scrollTop = 0;
  }

  begin() {
    this.check = null;
    this.mark(0);
    text(this.message, "");
    set(this.pane, "data-tone", null);
  }

  mark(id) {
    this.current = id;
    for (const row of this.list.querySelectorAll(".visit-row")) set(row, "aria-current", row.dataset.permit === String(id) ? "true" : null);
  }

  say(error) {
    text(this.message, inWords(error));
    set(this.message, "data-tone", null);
  }

  button(id, label, tone, onclick, note) {
    return h("button", {type: "button", class: "answer", "data-answer": id, "data-tone": tone || null, onclick: () => { if (performance.now() - this.drawnAt > STEADY_MS) onclick(); }},
      h("span", {}, label), note ? h("small", {}, note) : null);
  }

  async send(path, body) {
    if (this.busy) return null;
    this.busy = true;
    try {
      text(this.message, "");
      return await post(path, body);
    } catch (error) {
      this.say(error);
      return null;
    } finally {
      this.busy = false;
    }
  }

  async home() {
    this.begin();
    const words = await this.knows().catch((error) => { this.say(error); return null; });
    if (this.check || this.current) return;
    const tiles = [["search", "search", "goods.do.find", () => this.search.focus()], ["paper", "box", "goods.paper", () => this.paper()], ["no-permit", "warn", "goods.no-permit", () => this.noPermit("")]];
    for (const lane of this.exits) tiles.push([`truck-${lane.id}`, "car", "goods.truck", () => this.truck(lane.id, true), lane.name]);
    if (words?.may.specimen) tiles.push(["specimens", "book", "specimen.title", () => specimens(this)]);
    this.show([spoken(words ? both(words.say["goods-ask-permit"], "say") : "", t("goods.do"), false), this.message,
      h("div", {class: "kinds"}, tiles.map(([id, sign, label, go, note]) => h("button", {type: "button", class: "kind-tile", "data-goods": id, onclick: go}, icon(sign), h("span", {}, t(label)), note ? h("small", {}, note) : null)))]);
  }

  /** What is over: a sentence, what to do, and on to the next. */
  over(say, hint, tone, more = []) {
    this.begin();
    set(this.pane, "data-tone", tone);
    this.show([spoken(say, hint, false), this.message, ...more, h("div", {class: "answers"}, this.button("next", t("goods.next"), "go", () => this.open()))]);
    this.pane.querySelector(".answer").focus({preventScroll: true});
    this.later();
  }

  // ---- permits ---------------------------------------------------------------------------------------------------

  async permit(id, lane = this.here[0]?.lane ?? "") {
    this.begin();
    this.mark(id);
    await this.knows().catch(() => null);
    this.check = new PermitCheck(this, id, lane);
    await this.check.refresh();
  }

  async paper() {
    this.begin();
    this.words = null; // the date in it is today's
    const words = await this.knows().catch((error) => { this.say(error); return null; });
    if (!words) return;
    const truck = this.here[0];
    const form = paperForm(words, truck?.plate ?? "", async (given) => {
      const done = await this.send("/permits", given);
      if (done) this.permit(done.permit.permit, truck?.lane ?? "");
    }, (say) => text(this.message, say));
    this.show([heading(t("goods.paper"), null), spoken(both(words.say["goods-check"], "say"), t("goods.paper.do"), false), this.message, form]);
    form.querySelector("input, button").focus({preventScroll: true});
  }

  /** Goods with no permit at all: they stay. */
  async noPermit(lane) {
    this.begin();
    const words = await this.knows().catch((error) => { this.say(error); return null; });
    if (!words) return;
    const none = words.findings.find((one) => one.finding === "none");
    const form = extraForm();
    set(this.pane, "data-tone", "warn");
    this.show([heading(both(none), null), spoken(both(none, "say"), both(none, "do"), false), this.message, form.element,
      h("div", {class: "answers"}, this.button("record", t("goods.record"), "go", async () => {
        const extra = form.values();
        if (!extra.length) { text(this.message, t("goods.item.missing")); return; }
        const done = lane ? await this.send(`/lanes/${lane}/load`, {result: "unpermitted", extra}) : await this.send("/goods/refuse", {finding: "none", extra});
        if (done && lane) this.truck(lane);
        else if (done) this.over(both(none, "say"), t("goods.recorded"), "warn");
      }), this.button("back", t("goods.back"), "stop", () => this.open()))]);
    form.focus();
  }

  // ---- trucks ----------------------------------------------------------------------------------------------------

  /** A truck at an exit. `mark`: the guard says just now that it is one. */
  async truck(lane, mark = false) {
    this.begin();
    const words = await this.knows().catch((error) => { this.say(error); return null; });
    if (!words) return;
    if (mark && !this.here.some((one) => one.lane === lane)) {
      const done = await this.send(`/lanes/${lane}/truck`, {truck: true});
      if (done) this.here = [...this.here, {lane, load: "due", plate: "", since_ms: Date.now()}];
    }
    const truck = this.here.find((one) => one.lane === lane);
    const name = this.exits.find((one) => one.id === lane)?.name ?? lane;
    if (!truck) { this.home(); return; }
    const load = truck.load;
    set(this.pane, "data-tone", load === "done" ? "go" : load === "goods" ? "warn" : null);
    const say = words.say[{done: "truck-clear", goods: "truck-unload"}[load] ?? "goods-open-truck"];
    const check = (result, more = {}) => async () => { if (await this.send(`/lanes/${lane}/load`, {result, ...more})) this.checked(lane, result); };
    const reasons = h("div", {class: "answers override", hidden: true, role: "group", "aria-label": t("goods.override.why")}, h("h3", {}, t("goods.override.why")),
      OVERRIDES.map((reason) => this.button(reason, t(`goods.override.${reason}`), "stop", check("override", {reason: t(`goods.override.${reason}`)}))));
    const answers = load === "done" ? [this.button("next", t("goods.next"), "go", () => this.home())] : [
      this.button("empty", t("goods.load.empty"), "go", check("empty"), t("goods.load.empty.note")),
      this.button("permit", t("goods.load.permit"), "", () => { this.home(); this.search.value = truck.plate; this.later(); this.search.focus(); }, t("goods.load.permit.note")),
      this.button("unpermitted", t("goods.load.unpermitted"), "stop", () => this.noPermit(lane), t("goods.load.unpermitted.note")),
      this.button("not-a-truck", t("goods.load.not-a-truck"), "stop", async () => { if (await this.send(`/lanes/${lane}/truck`, {truck: false, plate: truck.plate})) { this.here = this.here.filter((one) => one.lane !== lane); this.home(); } }),
      this.board.leader ? this.button("override", t("goods.override"), "stop", () => { reasons.hidden = false; reasons.querySelector("button").focus(); }) : null];
    this.show([heading(t("goods.truck.at", {lane: name}), truck.plate), spoken(both(say, "say"), t(`goods.load.${load}`), load === "due"), this.message,
      h("div", {class: "answers"}, answers), reasons], () => this.truck(lane));
    this.pane.querySelector(".answer").focus({preventScroll: true});
  }

  /** Show it at once; the live state says the same a moment later. */
  checked(lane, result) {
    this.here = this.here.map((one) => (one.lane === lane ? {...one, load: result === "unpermitted" ? "goods" : "done"} : one));
    this.board.rail.update();
    this.truck(lane);
  }

  /** One line of a permit's history. */
  logged(one) {
    const words = one.what === "refused" ? this.finding(one.why) : `${one.name} ${one.quantity}${one.measure}${one.why ? ` · ${has(`goods.why.${one.why}`) ? t(`goods.why.${one.why}`) : one.why}` : ""}`;
    return h("li", {"data-what": one.what}, h("time", {}, clock(one.at_ms, undefined, false)), h("b", {}, t(`goods.what.${one.what}`)), words,
      one.what === "released" ? null : one.picture ? h("img", {src: `/api/v1/pictures/${one.picture}?size=small`, alt: t("goods.picture"), width: 160, height: 90}) : one.camera === "same" ? null : h("small", {}, t("goods.no-picture")));
  }
}
