// Requests and calls (D1–D4): a tile, the sentence to say, unit and name, what they want, one tap to pass it on; then its story until
// the owner is satisfied. What is overdue comes first, and its badge calls until somebody has seen it.

import {get, inWords, post, Refusal} from "./api.js";
import {fill, h, set, text} from "./dom.js";
import {clock, span, word} from "./format.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";
import {Caller} from "./request-fields.js";
import {nameOf} from "./names.js";
import {both, heading, named, spoken} from "./visit-words.js";

const MINE = /^(request|notice)\./;
const SOON_MS = 60;
const STEADY_MS = 300;
const TILE_ICON = {repair: "wrench", "gas-check": "flame", gardening: "leaf", cleaning: "broom", laundry: "shirt", carrying: "hand", care: "heart", complaint: "bell", call: "phone", violation: "stop", other: "book"};
const STATE_ICON = {received: "wait", passed: "out", done: "ask", satisfied: "ok", closed: "ok", withdrawn: "refused"};

/** «还剩 1 小时», «已超时 20 分钟»; nothing where there is no deadline. */
export function left(row, now) {
  if (!row.due_ms || row.ended_ms) return "";
  const ms = row.due_ms - now;
  return t(ms >= 0 ? "requests.left" : "requests.over", {span: span(Math.abs(ms) / 1000)});
}

export class Requests {
  /** `board`: see rooms.js. */
  constructor(board) {
    Object.assign(this, {id: "requests", icon: "phone", key: "R", board, rows: [], current: 0, counts: {open: 0, alarm: 0}, skew: 0});
    this.search = h("input", {type: "search", name: "find-request", placeholder: t("requests.find"), maxlength: 40, autocomplete: "off", oninput: () => this.draw()});
    this.list = h("ol", {class: "visit-rows", "aria-label": t("requests.list")});
    this.message = h("p", {class: "visit-message", role: "alert"});
    this.pane = h("div", {class: "visit"});
    this.pane.addEventListener("keydown", (event) => this.digit(event));
    this.element = h("section", {class: "desk requests", "aria-label": t("rail.requests")},
      h("div", {class: "visits"}, h("div", {class: "visits-head"},
        h("button", {type: "button", class: "desk-tile new", "data-open": "new-request", onclick: () => this.tiles()}, icon("phone"), h("span", {}, t("requests.new")), h("kbd", {}, "N"))),
      h("label", {class: "find"}, h("span", {class: "sr"}, t("requests.find")), this.search), this.list), this.pane);
    this.onKey = (event) => this.shortcut(event);
    addEventListener("keydown", this.onKey);
    this.load();
  }

  get now() {
    return Date.now() + this.skew;
  }

  open() {
    this.tiles();
    this.load();
  }

  badge() {
    return this.counts.alarm || this.counts.open;
  }

  waits() {
    return this.counts.alarm > 0;
  }

  update(state) {
    this.skew = state.now_ms - Date.now();
    this.lanes = state.lanes.filter((lane) => lane.camera);
    this.counts = state.post.requests;
  }

  journal(event) {
    if (MINE.test(event.kind)) this.later();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), SOON_MS);
  }

  shortcut(event) {
    if (!this.board.shown(this.id) || event.ctrlKey || event.altKey || event.metaKey || event.repeat || document.querySelector("dialog[open], .chips:not([hidden])")) return;
    if (event.target.matches?.("input, textarea, select")) return;
    if (event.key.toUpperCase() === "N") { event.preventDefault(); this.tiles(); }
    else if (event.key === "/") { event.preventDefault(); this.search.focus(); }
    else if (!this.pane.contains(event.target) && this.pane.querySelector(".kind-tile")) this.digit(event); // the room has just been opened
  }

  digit(event) {
    if (event.target.matches?.("input, textarea") || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    const wanted = /^[1-9]$/.test(event.key) && this.pane.querySelectorAll(".kind-tile, .answers:not([hidden]) .answer")[event.key - 1];
    if (wanted) { event.preventDefault(); wanted.click(); }
  }

  async load() {
    const found = await get("/requests").catch(() => null);
    if (!found) return;
    this.rows = found.rows;
    this.draw();
    if (this.current && this.board.shown(this.id) && !this.busy) {
      const one = await get(`/requests/${this.current}`).catch(() => null);
      if (one && one.request === this.current) this.show(one);
    }
  }

  // ---- the list --------------------------------------------------------------------------------------------------

  draw() {
    const words = this.search.value.trim().toUpperCase();
    const rows = this.rows.filter((row) => !words || [row.name, row.unit, row.words, row.zh, row.en, row.phone].join(" ").toUpperCase().includes(words));
    const focused = document.activeElement?.closest?.(".visit-row")?.dataset.request;
    fill(this.list, rows.length ? rows.map((row) => this.row(row)) : h("li", {class: "empty"}, t("requests.none")));
    if (focused) this.list.querySelector(`[data-request="${focused}"]`)?.focus({preventScroll: true});
  }

  row(row) {
    const over = row.due_ms && !row.ended_ms && this.now > row.due_ms;
    const due = left(row, this.now);
    return h("li", {}, h("button", {type: "button", class: "visit-row", "data-request": row.request, "data-over": over ? "yes" : null, "data-ended": row.ended_ms ? "yes" : null, "aria-current": row.request === this.current ? "true" : null, onclick: () => this.choose(row.request)},
      h("b", {}, [both(row), row.unit].filter(Boolean).join(" · ")), h("span", {class: "since"}, clock(row.at_ms, undefined, false)),
      h("span", {class: "kind"}, [named(row), row.words].filter(Boolean).join("：")), h("span", {}),
      h("ul", {class: "owed"}, h("li", {class: "step"}, icon(STATE_ICON[row.state]), this.state(row)), due ? h("li", {class: over ? "over" : "time"}, icon(over ? "warn" : "wait"), due) : null)));
  }

  state(row) {
    const words = t(`requests.state.${row.state}`, {department: both(row, "department")});
    return row.round > 1 && !row.ended_ms ? `${words} · ${t("requests.round", {n: row.round})}` : words;
  }

  mark(id) {
    this.current = id;
    for (const row of this.list.querySelectorAll(".visit-row")) set(row, "aria-current", row.dataset.request === String(id) ? "true" : null);
  }

  // ---- taking one down -------------------------------------------------------------------------------------------

  async knows() {
    this.known ??= await get("/requests/kinds");
    return this.known;
  }

  /** The categories, as large tiles. */
  async tiles() {
    this.mark(0);
    text(this.message, "");
    try {
      await this.knows();
    } catch (error) {
      this.say(error);
    }
    if (this.current) return;
    const kinds = this.known?.kinds ?? [];
    const call = kinds.find((kind) => kind.category === "call");
    this.show_(spoken(call ? both(call, "say") : "", t("requests.choose"), false), this.message, h("div", {class: "kinds small"}, kinds.map((kind, n) =>
      h("button", {type: "button", class: "kind-tile", "data-category": kind.category, onclick: () => this.take(kind)}, icon(TILE_ICON[kind.category] ?? "ask"), h("span", {}, both(kind)), h("kbd", {}, n < 9 ? String(n + 1) : "")))));
  }

  /** Who it is and what they want. Enter passes it on. */
  take(kind) {
    const violation = kind.sort === "violation";
    const chosen = {phrase: kind.phrases[0]?.[0] ?? "", lane: ""};
    const department = this.known.departments.find((one) => one.id === kind.department);
    const caller = new Caller(kind.follow_up, violation, () => go(violation ? "done" : "pass"));
    const go = (then) => {
      const values = caller.values();
      if (!values) { text(this.message, t("requests.missing")); return; }
      this.send("/requests", {category: kind.category, then, source: violation ? "patrol" : "telephone", ...values, ...(violation ? chosen : {})});
    };
    text(this.message, "");
    const say = (words) => spoken(words, t(`requests.do.${kind.sort}`), violation);
    const sentence = h("div", {}, say(both(kind, "say")));
    const toggles = violation ? [
      this.toggles(t("requests.phrase"), kind.phrases.map(([id, zh, en]) => [id, both({zh, en})]), chosen.phrase, (id) => {
        chosen.phrase = id;
        const [, zh, en] = kind.phrases.find(([one]) => one === id);
        fill(sentence, say(both({zh, en})));
      }),
      this.toggles(t("requests.camera"), [["", t("requests.camera.none")], ...(this.lanes ?? []).map((lane) => [lane.id, lane.name])], "", (id) => { chosen.lane = id; })] : [];
    const answers = violation ? [["done", t("requests.record"), "go"]] : [
      ["pass", t("requests.pass", {department: both(department)}), "go"], ["done", t("requests.at-once"), ""], ["keep", t("requests.keep"), "stop"]];
    this.show_(heading(both(kind), null), sentence, this.message, toggles.length ? h("div", {class: "toggles"}, toggles) : null, caller.element, this.answers(answers.map(([id, label, tone]) => ({id, label, tone, press: () => go(id)}))));
    caller.focus();
  }

  toggles(label, choices, first, chosen) {
    const group = h("div", {class: "picks", role: "group", "aria-label": label}, choices.map(([id, words]) => h("button", {type: "button", class: "pick", "data-pick": id || "none", "aria-pressed": String(id === first), onclick: (event) => {
      for (const one of group.children) set(one, "aria-pressed", String(one === event.currentTarget));
      chosen(id);
    }}, words)));
    return group;
  }

  // ---- one request -----------------------------------------------------------------------------------------------

  async choose(id) {
    this.mark(id);
    this.drawn = "";
    try {
      await this.knows();
      const one = await get(`/requests/${id}`);
      if (this.current === id) this.show(one);
    } catch (error) {
      this.say(error);
    }
  }

  show(row) {
    const signature = JSON.stringify(row);
    if (signature === this.drawn) return;
    const typed = this.current === row.request && this.shownAt === `${row.request} ${row.state}` ? this.pane.querySelector("[name=note]")?.value ?? "" : "";
    this.drawn = signature;
    this.shownAt = `${row.request} ${row.state}`;
    this.mark(row.request);
    text(this.message, "");
    const note = h("input", {name: "note", value: typed, maxlength: 400, autocomplete: "off", placeholder: t("requests.note.hint"), "aria-label": t("requests.note")});
    const press = (path, body = {}) => this.send(`/requests/${row.request}/${path}`, {...body, note: note.value.trim()});
    const more = h("div", {class: "answers", hidden: true, role: "group", "aria-label": t("requests.department")}, this.known.departments.filter((one) => one.id !== row.department || row.state === "received").map((one) =>
      this.button({id: one.id, label: both(one), press: () => press("pass", {department: one.id})})));
    const open = !row.ended_ms;
    const pick = () => { more.hidden = false; more.querySelector("button")?.focus(); };
    const other = [row.may.pass === "" ? {id: "department", label: t("requests.other-department"), tone: "stop", press: pick} : null, {id: "withdraw", label: t("requests.withdraw"), tone: "stop", press: () => press("withdraw")}].filter(Boolean);
    this.show_(heading([both(row), row.unit, named(row)].filter(Boolean).join(" · "), null), spoken(both(row, "say"), [this.state(row), left(row, this.now)].filter(Boolean).join(" · "), false), this.message,
      row.alarm ? h("div", {class: "notice-row"}, h("div", {}, h("b", {}, t("requests.alarm")), " ", left(row, this.now)), h("button", {type: "button", "data-answer": "seen", onclick: () => this.send(`/requests/${row.request}/seen`)}, t("requests.seen"))) : null,
      row.words ? h("blockquote", {class: "said"}, row.words, row.phone ? h("small", {}, ` ${row.phone}`) : null) : null,
      open ? h("div", {class: "visit-form noting"}, note, h("button", {type: "button", class: "answer", "data-answer": "note", "data-tone": "stop", onclick: () => press("note")}, t("requests.note.add"))) : null,
      open ? this.answers([...this.next(row, press), ...other]) : null, more,
      row.picture ? h("img", {class: "said-picture", src: `/api/v1/pictures/${row.picture}`, alt: t("requests.picture")}) : null,
      h("ol", {class: "story", "aria-label": t("requests.story")}, row.steps.map((step) => this.step(step))));
    set(this.pane, "data-tone", open ? (row.overdue ? "warn" : null) : "go");
  }

  next(row, press) {
    if (row.state === "done") return [["satisfied", "go"], ["unsatisfied", ""], ["unreached", "stop"]].map(([answer, tone]) => ({id: answer, label: t(`requests.answer.${answer}`), tone, press: () => press("ask", {answer})}));
    const pass = row.state === "received" ? [{id: "pass", label: t("requests.pass-now", {department: both(row, "department")}), tone: "go", press: () => press("pass")}] : [];
    return [...pass, {id: "done", label: t("requests.done"), tone: pass.length ? "" : "go", press: () => press("done")}];
  }

  step(step) {
    const what = step.step === "asked" ? t(`requests.answer.${step.answer}`) : step.step === "reported" ? t("requests.step.reported", {to: word("notice.to", step.to)}) : t(`requests.step.${step.step}`, {department: both(step, "department"), n: step.round});
    const heard = step.step === "reported" ? h("small", {}, step.acked_ms ? t("notice.acked") : t("notice.waiting")) : null;
    return h("li", {}, h("time", {}, clock(step.at_ms, undefined, false)), h("b", {}, what), heard, step.note ? h("q", {}, step.note) : null, h("small", {}, step.by.startsWith("headoffice:") ? t("requests.by.headoffice", {name: step.by.slice(11)}) : step.by === "gate" ? t("requests.by.gate") : nameOf(step.by)));
  }

  // ---- doing -----------------------------------------------------------------------------------------------------

  answers(given) {
    return h("div", {class: "answers"}, given.map((one) => this.button(one)));
  }

  button({id, label, tone, press}) {
    return h("button", {type: "button", class: "answer", "data-answer": id, "data-tone": tone || null, onclick: () => { if (performance.now() - this.drawnAt > STEADY_MS) press(); }}, h("span", {}, label));
  }

  async send(path, body) {
    if (this.busy) return;
    this.busy = true;
    set(this.pane, "aria-busy", "true");
    try {
      const answer = await post(path, body);
      this.drawn = "";
      this.mark(answer.request.request);
      this.pane.querySelector("[name=note]")?.remove();
      this.show(answer.request);
      this.pane.querySelector(".answers .answer")?.focus({preventScroll: true});
      this.later();
    } catch (error) {
      this.say(error);
      if (error instanceof Refusal && error.code === "note-needed") this.pane.querySelector("[name=note]")?.focus();
    }
    this.busy = false;
    set(this.pane, "aria-busy", null);
  }

  say(error) {
    text(this.message, inWords(error));
  }

  show_(...parts) {
    this.drawnAt = performance.now();
    set(this.pane, "data-tone", null);
    fill(this.pane, ...parts);
    this.pane.scrollTop = 0;
  }

  end() {
    clearTimeout(this.timer);
    removeEventListener("keydown", this.onKey);
  }
}
