// A free way for others: the green way's button at the foot of the rail and its banner (V6, V7), and the strip of a convoy that
// comes or passes (V8). Both are there in every room. A press is one request with one key, as old as two seconds at most, and is
// never repeated by the page; what the arms do is told by the live state, not by the press.

import {inWords, post, Lost, Refusal} from "./api.js";
import {fill, h, set, text} from "./dom.js";
import {newKey} from "./env.js";
import {clock} from "./format.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";
import {showPhrases} from "./phrases.js";

const KINDS = {ambulance: "cross", "fire-engine": "warn", police: "gate", funeral: "salute", other: "car"};
const SAME_PRESS_MS = 3000; // a second touch on the button within this is the same one: nobody releases an ambulance in haste
const MINUTE = 60_000;
const SOON = 35 * MINUTE;
const WAITED = 60 * MINUTE; // a convoy that has not come is still announced so long after its time

/** Send a press that moves arms; `say(words, bad)` tells what became of it. Returns the answer or null. */
export async function press(link, path, body, say) {
  if (!link.fresh) { say(`${t("command.stale")} ${t("command.stale.hint")}`, true); return null; }
  say(t("green.sending"));
  try {
    const answer = await post(path, {...body, ...link.stamp()}, {key: newKey(), timeout: 6000});
    say("");
    return answer;
  } catch (error) {
    if (error instanceof Refusal) say(inWords(error), true);
    else if (error instanceof Lost) say(t("green.unknown"), true);
    else throw error;
    return null;
  }
}

export class Escort {
  /** `board`: link, go(id), last (the live state). */
  constructor(board) {
    this.board = board;
    this.changed = -Infinity;
    this.name = h("span", {});
    this.button = h("button", {type: "button", class: "green-way", "aria-keyshortcuts": "F9", "aria-pressed": "false", onclick: () => this.touch()},
      icon("cross"), this.name, h("kbd", {}, "F9"));
    this.title = h("strong", {class: "escort-title"});
    this.facts = h("span", {class: "escort-facts"});
    this.told = h("p", {class: "escort-told", role: "status"});
    this.kinds = h("div", {class: "escort-kinds", role: "group", "aria-label": t("green.what")});
    this.ends = h("div", {class: "escort-ends"});
    this.sign = h("span", {class: "escort-sign"});
    this.green = h("section", {class: "escort", role: "region", "aria-label": t("green.button"), hidden: true},
      this.sign, h("div", {class: "escort-words"}, this.title, this.facts), this.kinds, this.ends);
    this.convoys = h("div", {class: "convoy-strips"});
    this.element = h("div", {class: "escorts"}, this.green, this.convoys, this.told);
    this.live = h("p", {class: "sr", "aria-live": "assertive"});
    this.element.append(this.live);
    this.onKey = (event) => this.key(event);
    addEventListener("keydown", this.onKey);
    this.say("");
    this.draw(null);
  }

  key(event) {
    if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "F9") { event.preventDefault(); this.touch(); }
    else if (event.key.toUpperCase() === "T" && !event.target.matches?.("input, select, textarea") && !document.querySelector("dialog[open], .chips:not([hidden])")) {
      event.preventDefault();
      showPhrases();
    }
  }

  say(words, bad = false) {
    text(this.told, words);
    set(this.told, "data-bad", bad ? "yes" : null);
    set(this.told, "hidden", !words);
  }

  /** The button: opens at once; when it is open, lets go. */
  touch() {
    const green = this.state?.green;
    if (this.flying || performance.now() - this.changed < SAME_PRESS_MS) return;
    if (green?.state === "open") this.release();
    else this.open();
  }

  async open() {
    this.flying = true;
    try {
      if (await press(this.board.link, "/green-way", {}, (words, bad) => this.say(words, bad))) this.changed = performance.now();
    } finally { this.flying = false; }
  }

  async release() {
    const green = this.state?.green;
    if (!green || this.flying) return;
    this.flying = true;
    try {
      if (await press(this.board.link, `/green-way/${green.escort}/release`, {}, (words, bad) => this.say(words, bad))) this.changed = performance.now();
    } finally { this.flying = false; }
  }

  async call(kind) {
    try {
      await post(`/green-way/${this.state.green.escort}/name`, {kind});
      this.say("");
    } catch (error) {
      this.say(inWords(error), true);
    }
  }

  update(state) {
    this.last = state;
    this.lanes = new Map(state.lanes.map((lane) => [lane.id, lane.name]));
    const was = this.state?.green;
    this.state = state.escort;
    const green = this.state.green;
    if (this.seen && (was?.escort !== green?.escort || was?.state !== green?.state)) this.changed = performance.now();
    this.seen = true;
    this.draw(green);
    this.drawConvoys();
  }

  draw(green) {
    const open = green?.state === "open";
    text(this.name, t(open ? "green.release" : "green.button"));
    set(this.button, "aria-pressed", String(open));
    const drawn = green ? `${green.escort} ${green.state} ${green.kind} ${green.crossings}` : "";
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    set(this.green, "hidden", !green);
    if (!green) { text(this.live, this.seen ? t("green.over") : ""); return; }
    const quiet = green.kind === "funeral";
    set(this.green, "data-kind", green.state === "interrupted" ? "interrupted" : quiet ? "quiet" : "loud");
    fill(this.sign, icon(open ? KINDS[green.kind] : "warn"));
    text(this.title, t(open ? `green.title.${green.kind}` : "green.interrupted"));
    const lanes = green.lanes.map((id) => this.lanes.get(id) ?? id).join("、");
    text(this.facts, open ? t("green.facts", {at: clock(green.opened_ms, undefined, false), lanes, n: green.crossings}) : t("green.interrupted.do"));
    const kept = this.kinds.contains(document.activeElement) ? document.activeElement.dataset.green : "";
    fill(this.kinds, open ? Object.keys(KINDS).map((kind) => h("button", {type: "button", class: "escort-kind", "data-green": kind, "aria-pressed": String(kind === green.kind), onclick: () => this.call(kind)},
      icon(KINDS[kind]), t(`green.kind.${kind}`))) : []);
    if (kept) this.kinds.querySelector(`[data-green="${kept}"]`)?.focus({preventScroll: true});
    fill(this.ends, open ? h("button", {type: "button", class: "escort-end", "data-end": "green", onclick: () => this.release()}, icon("ok"), t("green.release"))
      : [h("button", {type: "button", class: "escort-end", "data-end": "again", onclick: () => this.open()}, icon("cross"), t("green.again")),
        h("button", {type: "button", class: "escort-end", "data-end": "dismiss", onclick: () => this.release()}, icon("ok"), t("green.dismiss"))]);
    text(this.live, `${this.title.textContent} ${quiet ? t("green.quiet") : ""}`);
  }

  /** A convoy that comes soon, passes now, or was interrupted by a restart. */
  drawConvoys() {
    const now = this.last.now_ms;
    const shown = this.state.convoys.filter((one) => one.way || one.interrupted || (!one.opened.length && now > one.arrives_ms - SOON && now < one.arrives_ms + WAITED));
    const signature = shown.map((one) => `${JSON.stringify(one)} ${Math.floor(now / MINUTE)} ${now >= one.from_ms}`).join();
    if (signature === this.convoysDrawn) return;
    this.convoysDrawn = signature;
    const kept = this.convoys.contains(document.activeElement) ? document.activeElement.dataset.do : "";
    fill(this.convoys, shown.map((one) => this.strip(one, now)));
    if (kept) this.convoys.querySelector(`[data-do="${kept}"]`)?.focus({preventScroll: true});
  }

  strip(one, now) {
    const minutes = Math.ceil((one.arrives_ms - now) / MINUTE);
    const at = clock(one.arrives_ms, now, false);
    const title = one.way ? t(`convoy.passing.${one.way}`) : one.interrupted ? t("convoy.interrupted") : minutes > 0 ? t("convoy.soon", {at, n: minutes}) : t("convoy.now", {at});
    const facts = one.way ? t("convoy.left", {n: one.left[one.way], of: one.cars}) : t("convoy.line-up");
    const does = (name, path, body, label) => h("button", {type: "button", class: "escort-end", "data-do": `${name}-${one.convoy}`, onclick: () => press(this.board.link, `/convoys/${one.convoy}/${path}`, body, (words, bad) => this.say(words, bad))}, icon(name === "end" ? "ok" : "car"), label);
    return h("section", {class: "escort convoy", "data-kind": one.way ? "passing" : "coming", "data-convoy": one.convoy, "aria-label": t("convoy.at", {at})},
      h("span", {class: "escort-sign"}, icon("salute")), h("div", {class: "escort-words"}, h("strong", {class: "escort-title"}, title), h("span", {class: "escort-facts"}, facts)),
      h("div", {class: "escort-ends"},
        one.way ? does("end", "end", {}, t("convoy.through")) : now >= one.from_ms ? does("open", "open", {way: "in"}, t("convoy.here")) : null,
        h("button", {type: "button", class: "escort-end plain", "data-do": `room-${one.convoy}`, onclick: () => this.board.go("convoys")}, icon("book"), t("convoy.show"))));
  }

  end() {
    removeEventListener("keydown", this.onKey);
  }
}
