// Wedding convoys (V8): who comes when, with which cars; one tap when it is here, one when it is through, each car ticked off.
// Announced by head office or entered here by a shift leader.

import {get, inWords, post} from "./api.js";
import {fill, h, set, text} from "./dom.js";
import {press} from "./escort.js";
import {clock, plate} from "./format.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";

const KINDS = /^(convoy\.|vehicle\.crossed)/;
const WAYS = ["in", "out"];
const REASONS = ["called-off", "mistake", "other"];

export class Convoys {
  /** `board`: see rooms.js. */
  constructor(board) {
    Object.assign(this, {id: "convoys", icon: "salute", key: "C", tool: true, board, rows: [], current: 0, way: "in", editing: null});
    this.list = h("ol", {class: "convoy-rows", "aria-label": t("convoy.list")});
    this.pane = h("div", {class: "visit convoy-pane"});
    this.message = h("p", {class: "convoy-message", role: "alert"});
    this.body = h("div", {class: "convoy-body"});
    this.pane.append(this.message, this.body);
    this.element = h("section", {class: "desk", hidden: true, "aria-label": t("rail.convoys")},
      h("div", {class: "visits"}, board.leader ? h("div", {class: "visits-head"},
        h("button", {type: "button", class: "desk-tile new", "data-open": "new-convoy", onclick: () => this.form(null)}, icon("car"), h("span", {}, t("convoy.new")), h("kbd", {}, "N"))) : null, this.list),
      this.pane);
    this.onKey = (event) => this.shortcut(event);
    addEventListener("keydown", this.onKey);
  }

  badge() { return 0; }

  open() { this.editing = null; this.drawn = ""; this.load(); }

  update(state) {
    this.state = state;
  }

  journal(event) {
    if (KINDS.test(event.kind) && this.board.shown(this.id)) this.later();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), 60);
  }

  shortcut(event) {
    if (!this.board.shown(this.id) || !this.board.leader || event.ctrlKey || event.altKey || event.metaKey || event.repeat || document.querySelector("dialog[open]") || event.target.matches?.("input, textarea")) return;
    if (event.key.toUpperCase() === "N") { event.preventDefault(); this.form(null); }
  }

  async load() {
    if (!this.board.shown(this.id)) return;
    const found = await get("/convoys").catch((error) => ({error}));
    if (found.error) { this.say(found.error); return; }
    this.rows = found.rows;
    if (!this.rows.some((row) => row.convoy === this.current)) this.current = this.rows.find((row) => !row.cancelled)?.convoy ?? this.rows[0]?.convoy ?? 0;
    this.draw();
  }

  say(error) {
    text(this.message, error ? inWords(error) : "");
  }

  draw() {
    const now = this.state?.now_ms ?? Date.now();
    const signature = JSON.stringify([this.rows, this.current, this.way, this.editing !== null, Math.floor(now / 60_000)]);
    if (signature === this.drawn) return; // nothing else is there: a finger on a button keeps it
    this.drawn = signature;
    fill(this.list, this.rows.length ? this.rows.map((row) => h("li", {}, h("button", {type: "button", class: "convoy-row", "data-convoy": row.convoy, "aria-current": row.convoy === this.current ? "true" : null, onclick: () => this.choose(row.convoy)},
      h("b", {}, row.names || t("convoy.nameless")), h("span", {class: "since"}, clock(row.arrives_ms, now, false)),
      h("span", {class: "kind"}, row.cancelled ? t("convoy.cancelled") : t("convoy.cars", {n: row.cars.length}))))) : h("li", {class: "empty"}, t("convoy.none")));
    if (this.editing === null) this.show(this.rows.find((row) => row.convoy === this.current), now);
  }

  choose(number) {
    this.current = number;
    this.editing = null;
    this.say(null);
    this.draw();
  }

  show(row, now) {
    if (!row) { fill(this.body, h("p", {class: "convoy-say"}, t("convoy.none")), h("p", {class: "convoy-hint"}, t(this.board.leader ? "convoy.none.leader" : "convoy.none.guard"))); return; }
    const leg = row.legs.find((one) => one.state === "open");
    if (leg) this.way = leg.way;
    const kept = this.body.contains(document.activeElement) ? document.activeElement.dataset.key : "";
    const facts = [["convoy.arrives", clock(row.arrives_ms, now, false)], ["convoy.window", `${clock(row.from_ms, now, false)} – ${clock(row.until_ms, now, false)}`],
      ["convoy.customs", row.customs], ["convoy.wishes", row.wishes], ["convoy.phone", row.phone]].filter(([, value]) => value);
    fill(this.body,
      h("div", {class: "visit-words"}, h("p", {class: "convoy-say"}, t(row.cancelled ? "convoy.cancelled" : leg?.way === "out" || this.way === "out" ? "say.convoy.out" : "say.convoy.in")),
        h("p", {class: "convoy-hint"}, row.cancelled ? "" : t("convoy.line-up"))),
      h("dl", {class: "convoy-facts"}, h("div", {}, h("dt", {}, t("convoy.couple")), h("dd", {}, row.names || "—")), facts.map(([key, value]) => h("div", {}, h("dt", {}, t(key)), h("dd", {}, value)))),
      row.cancelled ? null : this.actions(row, leg), row.cancelled ? null : this.cars(row), row.cancelled ? null : this.alone(), this.passed(row), row.cancelled ? null : this.tools(row));
    if (kept) this.body.querySelector(`[data-key="${kept}"]`)?.focus({preventScroll: true});
  }

  actions(row, leg) {
    const go = (path, body, label, tone, key) => h("button", {type: "button", class: "answer", "data-tone": tone, "data-key": key, onclick: () => this.press(`/convoys/${row.convoy}/${path}`, body)}, label);
    return h("div", {class: "answers"}, leg ? go("end", {}, t("convoy.through"), "go", "end")
      : [go("open", {way: "in"}, t("convoy.here"), "go", "in"), go("open", {way: "out"}, t("convoy.leaving"), "", "out")]);
  }

  /** The list of plates in its order: a tap ticks one off. */
  cars(row) {
    const ways = h("div", {class: "modes", role: "group", "aria-label": t("convoy.way")}, WAYS.map((way) => h("button", {type: "button", class: "pick", "data-key": `way-${way}`, "aria-pressed": String(this.way === way), onclick: () => { this.way = way; this.draw(); }}, t(`convoy.way.${way}`))));
    const one = (car) => {
      const at = car[`${this.way}_ms`];
      return h("li", {}, h("button", {type: "button", class: "convoy-car", "data-plate": car.plate, "data-key": car.plate, "aria-pressed": String(Boolean(at)), onclick: () => this.tick(row, car, at)},
        h("span", {class: "n"}, String(car.n)), plate(car.plate), h("span", {class: "tick"}, icon(at ? "ok" : "wait"), at ? clock(at, undefined, false) : t("convoy.waiting"))));
    };
    return h("section", {class: "convoy-list", "aria-label": t("convoy.list.cars")}, ways, row.cars.length ? h("ol", {class: "convoy-cars"}, row.cars.map(one)) : h("p", {class: "hint"}, t("convoy.no-list")));
  }

  async tick(row, car, at) {
    if (at) return;
    try {
      await post(`/convoys/${row.convoy}/car`, {plate: car.plate, way: this.way});
      this.say(null);
    } catch (error) { this.say(error); }
    this.later();
  }

  /** A car that comes alone: its plate as the guard reads it. */
  alone() {
    const lanes = this.state?.lanes ?? [];
    if (this.single || !lanes.length) return this.single;
    const field = h("input", {name: "alone", maxlength: 16, autocomplete: "off", "data-key": "alone"});
    const go = (lane) => this.press("/convoys/plate", {lane, plate: field.value});
    this.single = h("form", {class: "visit-form alone", onsubmit: (event) => { event.preventDefault(); go(lanes[0].id); }},
      h("label", {}, t("convoy.alone"), field), lanes.map((lane) => h("button", {type: lane === lanes[0] ? "submit" : "button", class: "pick", "data-key": `alone-${lane.id}`, onclick: lane === lanes[0] ? () => {} : () => go(lane.id)}, t("convoy.alone.do", {lane: lane.name}))));
    return this.single;
  }

  passed(row) {
    const all = row.legs.flatMap((leg) => leg.passed.map((one) => ({...one, way: leg.way})));
    if (!all.length) return null;
    return h("details", {class: "story"}, h("summary", {}, t("convoy.passed", {n: all.length})),
      h("ul", {}, all.map((one) => h("li", {}, `${clock(one.at_ms)} ${t(`convoy.way.${one.way}`)} `, plate(one.plate)))));
  }

  tools(row) {
    if (row.by.startsWith("headoffice:registry")) return h("p", {class: "office"}, t("office.entry"));
    if (!this.board.leader) return null;
    return h("div", {class: "convoy-tools"}, h("button", {type: "button", "data-key": "edit", onclick: () => this.form(row)}, t("convoy.edit")),
      h("button", {type: "button", "data-key": "cancel", onclick: () => this.reasons(row)}, t("convoy.cancel")));
  }

  reasons(row) {
    const cancel = async (reason) => {
      try { await post(`/convoys/${row.convoy}/cancel`, {reason}); this.editing = null; this.say(null); } catch (error) { this.say(error); }
      this.later();
    };
    this.editing = row;
    this.drawn = "";
    fill(this.body, h("h3", {}, t("convoy.cancel.why")), h("div", {class: "answers"}, REASONS.map((reason) => h("button", {type: "button", class: "answer", "data-tone": "stop", "data-reason": reason, onclick: () => cancel(reason)}, t(`convoy.reason.${reason}`))),
      h("button", {type: "button", class: "answer", onclick: () => this.choose(row.convoy)}, t("goods.back"))));
    this.body.querySelector("button").focus();
  }

  async press(path, body) {
    await press(this.board.link, path, body, (words, bad) => { text(this.message, words); set(this.message, "data-quiet", bad ? null : "yes"); });
    this.later();
  }

  form(row) {
    this.editing = row ?? "new";
    this.drawn = "";
    this.say(null);
    const input = (name, label, value, more = {}) => h("label", {}, t(label), h("input", {name, value: value ?? "", autocomplete: "off", maxlength: 500, ...more}));
    const area = (name, label, value, wide = false) => h("label", {class: wide ? "wide" : null}, t(label), h("textarea", {name, rows: wide ? 4 : 2, maxlength: 800, "data-name": name}, value ?? ""));
    const chosen = new Set(row?.lanes ?? []);
    const lanes = h("div", {class: "picks", role: "group", "aria-label": t("convoy.lanes")}, (this.state?.lanes ?? []).map((lane) => h("button", {type: "button", class: "pick", "aria-pressed": String(chosen.has(lane.id)), onclick: (event) => {
      if (!chosen.delete(lane.id)) chosen.add(lane.id);
      set(event.currentTarget, "aria-pressed", String(chosen.has(lane.id)));
    }}, lane.name)));
    const save = async (event) => {
      event.preventDefault();
      const value = (name) => form.elements[name].value.trim();
      const body = {arrives: new Date(value("arrives")).toISOString(), names: value("names"), plates: value("plates").split(/[\s,，、;；]+/).filter(Boolean), lanes: [...chosen], customs: value("customs"), wishes: value("wishes"), phone: value("phone")};
      try {
        const done = await post(row ? `/convoys/${row.convoy}/change` : "/convoys", body);
        this.current = done.about;
        this.editing = null;
        this.say(null);
        this.pane.scrollTop = 0;
        await this.load();
      } catch (error) { this.say(error); }
    };
    const form = h("form", {class: "visit-form", onsubmit: save}, input("names", "convoy.couple", row?.names, {required: true}), input("arrives", "convoy.arrives", row ? local(row.arrives_ms) : "", {type: "datetime-local", required: true}),
      input("phone", "convoy.phone", row?.phone, {maxlength: 40, inputmode: "tel"}), area("plates", "convoy.plates", row?.cars.map((car) => car.plate).join("\n"), true),
      area("customs", "convoy.customs", row?.customs), area("wishes", "convoy.wishes", row?.wishes), h("p", {class: "hint wide"}, t("convoy.lanes.all")), lanes,
      h("div", {class: "answers wide"}, h("button", {type: "submit", class: "answer", "data-tone": "go"}, t("convoy.save")), h("button", {type: "button", class: "answer", "data-tone": "stop", onclick: () => this.choose(this.current)}, t("goods.back"))));
    fill(this.body, form);
    form.elements.names.focus();
  }

  end() {
    clearTimeout(this.timer);
    removeEventListener("keydown", this.onKey);
  }
}

/** 2026-11-28T10:08, as a field for date and time wants it. */
function local(ms) {
  const at = new Date(ms);
  return new Date(ms - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
