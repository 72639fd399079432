// The room «查询»: visits and passes of all years, newest first, a page at a time. Each opens its whole story.

import {get, inWords} from "./api.js";
import {showPass} from "./detail.js";
import {fill, h, set} from "./dom.js";
import {clock, plate, word} from "./format.js";
import {has, t} from "./i18n.js";
import {icon} from "./icons.js";
import {nameOf} from "./names.js";
import {both, fieldName, named} from "./visit-words.js";
import {showWatchList} from "./watch.js";

const WAIT_MS = 180;
const WHATS = ["", "visit", "pass"];
const SHOWN = ["unit", "host", "plate", "company", "purpose", "vehicle", "companions", "names", "goods", "phone", "remark"];
const QUIET = ["visit", "kind", "mode", "title", "document", "notice", "about", "outstanding", "phrase", "answer", "result", "step", "at", "why", "where"];

/** What the story is of, and the plate where there is one. */
const head = (words, number) => h("header", {class: "find-head"}, h("h2", {}, words), number ? plate(number) : null);

export class Find {
  /** `board`: see rooms.js. */
  constructor(board) {
    Object.assign(this, {id: "find", icon: "search", key: "F", board, rows: [], older: 0, what: ""});
    this.input = h("input", {type: "search", name: "search", maxlength: 40, autocomplete: "off", spellcheck: "false", placeholder: t("find.hint"), oninput: () => this.soon(), onkeydown: (event) => this.entered(event)});
    this.whats = h("div", {class: "modes", role: "group", "aria-label": t("find.what")}, WHATS.map((what) => h("button", {type: "button", class: "pick", "data-what": what || "all", "aria-pressed": String(what === ""), onclick: () => this.choose(what)}, t(`find.${what || "all"}`))));
    this.list = h("ol", {class: "visit-rows", "aria-label": t("find.title")});
    this.pane = h("section", {class: "story-pane", "aria-live": "polite"});
    this.element = h("section", {class: "desk finds", "aria-label": t("find.title")},
      h("div", {class: "visits"}, h("label", {class: "find"}, h("span", {class: "sr"}, t("find.title")), this.input), this.whats, this.list), this.pane);
    this.onKey = (event) => this.shortcut(event);
    addEventListener("keydown", this.onKey);
    this.greet();
  }

  badge() { return 0; }
  update() {}
  journal() {}
  later() {}
  draw() {}

  open() {
    this.input.focus({preventScroll: true});
    this.input.select();
  }

  greet() {
    fill(this.list, h("li", {class: "empty"}, t("find.start")));
    fill(this.pane, head(t("find.title"), null), h("p", {class: "find-hint"}, t("find.help")),
      this.board.leader ? h("div", {class: "answers"}, h("button", {type: "button", class: "answer", "data-answer": "watch-list", onclick: () => showWatchList()}, t("watch.title"))) : null);
  }

  shortcut(event) {
    if (!this.board.shown(this.id) || event.ctrlKey || event.altKey || event.metaKey || event.target instanceof HTMLInputElement || document.querySelector("dialog[open]")) return;
    if (event.key === "/") { event.preventDefault(); this.input.focus(); }
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.search(), WAIT_MS);
  }

  entered(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    clearTimeout(this.timer);
    this.search().then(() => this.list.querySelector(".visit-row")?.focus());
  }

  choose(what) {
    this.what = what;
    for (const one of this.whats.children) set(one, "aria-pressed", String(one.dataset.what === (what || "all")));
    this.search();
  }

  async search(before = 0) {
    const typed = this.input.value.trim();
    if (!typed) { this.rows = []; this.greet(); return; }
    const found = await get(`/search?${new URLSearchParams({text: typed, what: this.what, before})}`).catch((error) => ({error, rows: [], older: 0}));
    if (this.input.value.trim() !== typed) return;
    if (found.error) { fill(this.list, h("li", {class: "empty"}, inWords(found.error))); return; }
    this.rows = before ? [...this.rows, ...found.rows] : found.rows;
    this.older = found.older;
    const more = this.older ? h("li", {}, h("button", {type: "button", class: "visit-row more", onclick: () => this.search(this.older)}, h("b", {}, t("find.older")))) : null;
    fill(this.list, this.rows.length ? this.rows.map((row) => this.row(row)) : h("li", {class: "empty"}, t(this.older ? "find.none-yet" : "find.none")), more);
  }

  row(row) {
    const isVisit = row.what === "visit";
    return h("li", {}, h("button", {type: "button", class: "visit-row", "data-found": `${row.what}-${row.number}`, onclick: () => this.show(row)},
      h("b", {}, named(row) || row.company || (isVisit ? t("desk.nameless") : word("category", row.kind))), h("span", {class: "since"}, clock(row.at_ms, undefined, false)),
      h("span", {class: "kind"}, [isVisit ? both(row) : t(row.direction === "out" ? "find.out" : "find.in"), row.unit, row.host].filter(Boolean).join(" · ")), row.plate ? plate(row.plate) : h("span", {}),
      h("ul", {class: "owed"}, h("li", {class: "step"}, icon(isVisit ? "people" : "gate"), isVisit ? t(`find.state.${row.state}`) : word("outcome", row.state)), row.via === "alike" ? h("li", {}, icon("ask"), t("find.alike")) : null)));
  }

  async show(row) {
    for (const other of this.list.querySelectorAll(".visit-row")) set(other, "aria-current", other.dataset.found === `${row.what}-${row.number}` ? "true" : null);
    if (row.what === "pass") { showPass(row.number, true, () => {}); return; }
    const [visit, story] = await Promise.all([get(`/visits/${row.number}`), get(`/visits/${row.number}/story`)]).catch((error) => [null, error]);
    this.vehicles ??= (await get("/visits/kinds").catch(() => ({}))).vehicles;
    if (!visit) { fill(this.pane, h("p", {class: "message"}, inWords(story))); return; }
    const open = ["open", "admitted"].includes(visit.state) ? h("div", {class: "answers"}, h("button", {type: "button", class: "answer", "data-answer": "open-visit", "data-tone": "go", onclick: () => this.board.visit(visit.visit)}, t("find.open"))) : null;
    fill(this.pane, head([both(visit, "kind"), named(visit)].filter(Boolean).join(" · "), visit.plate), h("p", {class: "find-hint"}, t(`find.state.${visit.state}`)), open, h("ol", {class: "story"}, story.rows.map((event) => this.event(event))));
    this.pane.scrollTop = 0;
  }

  event(event) {
    const said = {...event.body, ...event.personal};
    const named = SHOWN.filter((id) => said[id]).map((id) => `${fieldName(id)} ${this.told(id, said[id])}`);
    const others = Object.entries(said).filter(([id, value]) => value && !SHOWN.includes(id) && !QUIET.includes(id) && !(id === "reason" && event.kind === "visit.refused") && has(`story.field.${id}`)).map(([id, value]) => `${t(`story.field.${id}`)} ${this.told(id, value)}`);
    const answer = said.result ? word("call", said.result) : both(event);
    return h("li", {}, h("time", {}, clock(event.at_ms)), h("div", {}, h("b", {}, word("story", event.kind)), answer ? ` ${answer}` : "", ` · ${nameOf(event.actor)}`, named.length || others.length ? h("small", {}, [...named, ...others].join(" · ")) : null));
  }

  /** A value that is a word of ours, in words. */
  told(id, value) {
    if (id === "vehicle") return both(this.vehicles?.find((one) => one.vehicle === value) ?? {zh: value, en: value});
    return id === "to" ? word("notice.to", value) : value;
  }

  end() {
    clearTimeout(this.timer);
    removeEventListener("keydown", this.onKey);
  }
}
