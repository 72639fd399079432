// Notices from head office (D5): a strip on every room while one is in force, with the sentence for whoever asks; put away on this tablet
// only after «已读», which is on record. And the form by which a shift leader posts, corrects and withdraws them.

import {get, inWords, post} from "./api.js";
import {fill, h, set, text} from "./dom.js";
import {clock, span} from "./format.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";
import {nameOf} from "./names.js";
import {both} from "./visit-words.js";

const READ = "bulletins-read";
const KEPT = 40;

/** What was put away on this tablet, by whom: «41:1:li». */
function away() {
  try {
    return JSON.parse(localStorage.getItem(READ) ?? "[]");
  } catch {
    return [];
  }
}

export class Strip {
  /** `user`: who is signed in; `handOver()` begins the hand-over, of which a line reminds when it is due (D6). */
  constructor(user, handOver) {
    this.user = user;
    this.handOver = handOver;
    this.hidden = new Set(away());
    this.list = h("ul", {});
    this.message = h("p", {class: "bulletin-message", role: "alert"});
    this.element = h("section", {class: "bulletins", hidden: true, "aria-label": t("bulletin.title")}, this.list, this.message);
  }

  update(state) {
    this.skew = state.now_ms - Date.now();
    this.rows = state.post.bulletins;
    this.shift = state.post.shift;
    this.draw();
  }

  /** Also once a minute: one may have ended meanwhile. */
  draw() {
    const now = Date.now() + (this.skew ?? 0);
    const shown = (this.rows ?? []).filter((row) => (!row.until_ms || now < row.until_ms) && !this.hidden.has(this.name(row)));
    const signature = JSON.stringify([shown, this.shift?.due, Math.floor(now / 60_000)]);
    if (signature === this.drawn) return;
    this.drawn = signature;
    set(this.element, "hidden", !shown.length && !this.shift?.due);
    const due = this.shift?.due ? h("li", {class: "due"}, icon("leave"), h("p", {class: "bulletin-say"}, t("duty.due", {span: span((now - this.shift.due_since_ms) / 1000)})), h("button", {type: "button", onclick: this.handOver}, icon("leave"), t("bar.leave"))) : null;
    fill(this.list, due, shown.map((row) => h("li", {"data-bulletin": row.bulletin}, icon("bell"), h("div", {}, h("b", {}, `${both(row)}${row.where ? ` · ${row.where}` : ""}`), h("small", {}, times(row, now)), h("p", {class: "bulletin-say"}, both(row, "say"))),
      h("button", {type: "button", onclick: (event) => this.read(row, event.currentTarget)}, icon("ok"), t("bulletin.read")))));
  }

  name(row) {
    return `${row.bulletin}:${row.version}:${this.user}`;
  }

  async read(row, button) {
    button.disabled = true;
    try {
      await post(`/bulletins/${row.bulletin}/read`, {version: row.version, device: localStorage.getItem("device") ?? ""});
      this.hidden.add(this.name(row));
      localStorage.setItem(READ, JSON.stringify([...this.hidden].slice(-KEPT)));
      text(this.message, "");
      this.draw();
    } catch (error) {
      button.disabled = false;
      text(this.message, inWords(error));
    }
  }
}

/** «10:00–14:00 · 还有 2 小时结束», or since when. */
export function times(row, now) {
  const until = row.until_ms ? clock(row.until_ms, now, false) : t("bulletin.open-end");
  const ends = row.until_ms && row.until_ms > now ? t("bulletin.ends", {span: span((row.until_ms - now) / 1000)}) : "";
  return [t("bulletin.span", {begin: clock(row.from_ms, now, false), until}), ends, t("bulletin.age", {span: span((now - row.at_ms) / 1000)})].filter(Boolean).join(" · ");
}

const LOCAL = (ms) => (ms ? new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16) : "");

/** The list in the duty room. `leader`: may post; `edit(row or null)` opens the form. */
export function notices(rows, now, leader, edit) {
  return h("section", {class: "duty-part"}, h("h3", {}, t("bulletin.title")), rows.length ? h("ul", {class: "plain"}, rows.map((row) => h("li", {"data-notice": row.bulletin},
    h("button", {type: "button", class: "duty-row", disabled: !leader || row.phase === "withdrawn" || row.by.startsWith("headoffice:registry"), onclick: () => edit(row)}, h("b", {}, `${both(row)} · ${t(`bulletin.phase.${row.phase}`)}`), h("span", {}, both(row, "say")),
      h("small", {}, [times(row, now), row.reads.length ? t("bulletin.reads", {names: row.reads.map((one) => nameOf(one.actor)).join("、")}) : t("bulletin.unread"), row.by.startsWith("headoffice:registry") ? t("office.entry") : ""].filter(Boolean).join(" · ")))))) : h("p", {class: "empty"}, t("bulletin.none")),
  leader ? h("button", {type: "button", class: "soft wide", "data-tool": "post", onclick: () => edit(null)}, t("bulletin.post")) : null);
}

/** The form for a new notice or a correction. `done()` when it is out, `say(error)`. */
export function form(kinds, row, nowMs, done, say) {
  const kind = {id: row?.notice ?? kinds[0].id};
  const field = (name, label, more) => h("label", {}, h("span", {}, t(label)), h("input", {name, autocomplete: "off", maxlength: 200, ...more}));
  const time = (name, label, ms) => field(name, label, {type: "datetime-local", value: LOCAL(ms)});
  const restored = time("restored", "bulletin.restored", row?.restored_ms);
  const tiles = h("div", {class: "picks", role: "group", "aria-label": t("bulletin.kind")}, kinds.map((one) => h("button", {type: "button", class: "pick", "data-kind": one.id, "aria-pressed": String(one.id === kind.id), onclick: () => {
    kind.id = one.id;
    for (const tile of tiles.children) set(tile, "aria-pressed", String(tile.dataset.kind === one.id));
    restored.hidden = !one.restored;
  }}, both(one))));
  restored.hidden = !kinds.find((one) => one.id === kind.id)?.restored;
  const inputs = h("div", {class: "visit-form"}, field("text", "bulletin.text", {value: row?.text ?? ""}), field("where", "bulletin.where", {value: row?.where ?? ""}),
    time("from", "bulletin.from", row?.from_ms ?? nowMs), time("until", "bulletin.until", row?.until_ms), restored);
  const ms = (name) => { const {value} = inputs.querySelector(`[name=${name}]`); return value ? new Date(value).getTime() : 0; };
  const typed = (name) => inputs.querySelector(`[name=${name}]`).value.trim();
  const send = async (path, body) => {
    try {
      await post(path, body);
      done();
    } catch (error) {
      say(error);
    }
  };
  const save = () => send(row ? `/bulletins/${row.bulletin}/correct` : "/bulletins", {notice: kind.id, text: typed("text"), where: typed("where"), from_ms: ms("from"), until_ms: ms("until"), restored_ms: restored.hidden ? 0 : ms("restored")});
  return h("form", {class: "step", onsubmit: (event) => { event.preventDefault(); save(); }}, tiles, inputs, h("div", {class: "answers"},
    h("button", {type: "submit", class: "answer", "data-answer": "post", "data-tone": "go"}, t(row ? "bulletin.correct" : "bulletin.send")),
    row ? h("button", {type: "button", class: "answer", "data-answer": "withdraw", "data-tone": "stop", onclick: () => send(`/bulletins/${row.bulletin}/withdraw`, {reason: ""})}, t("bulletin.withdraw")) : null));
}

/** All that is known of notices. */
export const load = () => get("/bulletins");
