// One visitor at a time: the kind, who it is, then one step after the other, and at the end the leaving. Steps, sentences and
// answers come from the gate; what is said is the largest text, and every answer is one tap.

import {get, post, Refusal} from "./api.js";
import {beep} from "./beep.js";
import {dialog, fill, h, set, text} from "./dom.js";
import {clock, word} from "./format.js";
import {has, t} from "./i18n.js";
import {icon} from "./icons.js";
import {Fields} from "./visit-fields.js";
import {stepper} from "./stepper.js";
import {correcting} from "./visit-correct.js";
import {leaving} from "./visit-leave.js";
import {Sight} from "./visit-sight.js";
import {tappedCard, wants} from "./visit-steps.js";
import {watching} from "./visit-watch.js";
import {both, fieldName, heading, named, spoken} from "./visit-words.js";

const KIND_ICON = {business: "book", guest: "people", viewer: "hand", salesperson: "ask", "construction-short": "wait", "construction-long": "wait", delivery: "car"};
const STEADY_MS = 300; // the second half of a double tap is no answer to the next step
const FACTS = ["host", "unit", "company", "purpose", "companions", "names", "goods", "place"];
const MODES = ["foot", "vehicle"];
const TITLES = ["mr", "ms"];
const NAMED = /^(.{1,10}?)(先生|女士|小姐)$/;

export class VisitPane {
  /** `changed(visit)`: this tablet did something; `chosen(id)`: another visit is shown (0: the choice of kinds). */
  constructor(changed, chosen) {
    this.changed = changed;
    this.chosen = chosen;
    this.visit = null;
    this.message = h("p", {class: "visit-message", role: "alert"});
    this.element = h("div", {class: "visit"});
    this.element.addEventListener("keydown", (event) => this.key(event));
  }

  async knows() {
    this.known ??= await get("/visits/kinds");
    return this.known;
  }

  // ---- the kinds, and who it is ----------------------------------------------------------------------------------

  /** The kinds, as large tiles. */
  async kinds() {
    this.leave();
    try {
      await this.knows();
    } catch (error) {
      this.say(error);
    }
    if (this.visit) return;
    const tiles = (this.known?.kinds ?? []).map((kind, n) => h("button", {type: "button", class: "kind-tile", "data-kind": kind.kind, onclick: () => this.who(kind)},
      icon(KIND_ICON[kind.kind] ?? "people"), h("span", {}, both(kind)), h("kbd", {}, String(n + 1))));
    const {welcome} = this.known?.say ?? {};
    this.draw(spoken(welcome ? both(welcome) : "", t("desk.choose"), true), this.message, h("div", {class: "kinds"}, tiles));
  }

  leave() {
    this.sight?.stop();
    this.sight = this.reading = null;
    this.issued = 0;
    this.visit = null;
    this.fields = null;
    this.titled = "";
    this.people = null;
    this.drawn = "";
    set(this.element, "data-tone", null);
    text(this.message, "");
    this.chosen(0);
  }

  /** Who it is and to whom: what this kind asks for. A pick that fills the last field begins the visit. */
  async who(kind, mode = kind.modes[0], typed = {}) {
    this.drawnAt = performance.now();
    const asks = kind.asks[mode] ?? [];
    const go = () => this.begin(kind, mode);
    const more = ["name", "unit", "host"].filter((id) => !asks.includes(id) && (id !== "host" || asks.includes("unit")) && asks.length);
    const typed_ = [...asks.filter((id) => !["unit", "vehicle"].includes(id)), ...more.filter((id) => id !== "host"), ...(asks.includes("unit") ? ["unit", "host"] : [])];
    const ids = [...typed_, ...asks.filter((id) => id === "vehicle")]; // what is typed stands in one row, so that the whole form is in sight
    if (!asks.length && kind.modes.length > 1 && mode === kind.modes[0]) { this.how(kind); return; }
    this.fields = new Fields(ids.map((id) => ({id, required: asks.includes(id), value: typed[id] ?? "", choices: id === "vehicle" ? this.vehicles() : null})), go, go);
    if (typed_.length > 3) this.fields.element.classList.add("narrow");
    const toggle = (group, id, label, sign, onclick) => h("button", {type: "button", class: "pick", [`data-${group}`]: id, "aria-pressed": String(id === (group === "mode" ? mode : this.titled)), onclick}, sign ? icon(sign) : null, label);
    const titles = h("div", {class: "modes", role: "group", "aria-label": t("desk.titles")}, asks.includes("name") ? TITLES.map((one) => toggle("title", one, t(`title.${one}`), "", (event) => this.address(one, event.currentTarget))) : null);
    const modes = kind.modes.length > 1 ? h("div", {class: "modes", role: "group", "aria-label": t("desk.mode")}, MODES.filter((one) => kind.modes.includes(one)).map((one) =>
      toggle("mode", one, t(`mode.${one}`), one === "foot" ? "people" : "car", () => this.who(kind, one, this.fields.typedSoFar())))) : null;
    text(this.message, "");
    const say = asks.includes("unit") ? "whom" : "welcome";
    this.people = stepper("companions", t("field.companions"), this.people?.value ?? 0);
    this.draw(heading(both(kind), null, titles, modes), spoken(both(this.known.say[say]), t("desk.who.hint"), this.known.say[say].salute), this.message,
      this.fields.element, h("div", {class: "begin"}, this.people.element, h("div", {class: "answers"}, this.button({id: "begin", label: t("desk.begin"), tone: "go"}, go))));
    this.fields.focus();
  }

  /** One tap says which title; the same again takes it back. */
  address(title, button) {
    this.titled = this.titled === title ? "" : title;
    for (const other of button.parentElement.children) set(other, "aria-pressed", String(other.dataset.title === this.titled));
  }

  /** A kind of which nothing needs to be typed: only how they came. */
  how(kind) {
    this.fields = null;
    const modes = kind.modes.map((mode) => this.button({id: mode, label: t(`mode.${mode}`), tone: "go"}, () => (kind.asks[mode]?.length ? this.who(kind, mode) : this.begin(kind, mode))));
    text(this.message, "");
    this.draw(heading(both(kind), null), spoken(both(this.known.say.welcome), t("desk.mode"), true), this.message, h("div", {class: "answers"}, modes));
  }

  begin(kind, mode) {
    const values = this.fields ? this.values() : {};
    if (!values) return;
    const [, name, title] = NAMED.exec(values.name ?? "") ?? []; // «王先生» is a name and a title
    if (name) Object.assign(values, {name, title: title === "先生" ? "mr" : "ms"});
    if (this.titled) values.title = this.titled;
    if (this.people?.value) values.companions = this.people.value;
    this.send("/visits", {kind: kind.kind, mode, ...values});
  }

  // ---- a visit ---------------------------------------------------------------------------------------------------

  /** Show one that is there already. */
  async load(id) {
    this.admitted = 0;
    this.drawn = "";
    try {
      await this.knows();
      this.show(await get(`/visits/${id}`));
    } catch (error) {
      this.say(error);
    }
  }

  /** Somebody changed this visit, perhaps on another tablet: what is typed here stays while the step is the same. */
  async refresh() {
    const id = this.visit?.visit;
    if (!id || this.busy) return;
    if (this.correcting === id) return;
    const found = await get(`/visits/${id}`).catch(() => null);
    if (found && !this.busy && this.visit?.visit === id) this.show(found);
  }

  show(visit) {
    const signature = JSON.stringify(visit);
    if (signature === this.drawn) return;
    const at = `${visit.visit} ${visit.state} ${visit.step}`;
    const typed = at === this.drawnStep && this.fields ? this.fields.typedSoFar() : {};
    if (at !== this.drawnStep) this.drawnAt = performance.now();
    const told = [watching(visit, (decision) => this.press("decide", {decision})), this.slotOf(this.visit, visit)];
    Object.assign(this, {visit, drawn: signature, drawnStep: at, fields: null, correcting: 0});
    this.chosen(visit.visit);
    if (this.issued !== visit.visit) text(this.message, ""); // «you may hand it over» stays until the next tap, whichever comes first: it or the answer
    const step = visit.state === "open" ? visit.steps.find((one) => one.id === visit.step) : null;
    const over = ["refused", "directed", "closed"].includes(visit.state);
    const owing = visit.outstanding.length > 0;
    set(this.element, "data-tone", step ? (step.state === "failed" ? "warn" : null) : owing && visit.state !== "open" && this.admitted !== visit.visit ? "warn" : "go");
    const fresh = visit.state === "admitted" && this.admitted === visit.visit;
    const body = (over && !owing) || fresh ? this.over() : visit.state === "open" ? this.step(step, visit, typed) : leaving(visit, this.papers(), (path, given) => this.press(path, given), () => text(this.message, ""), this.vehicle(visit)?.truck);
    const say = (step && both(step, "say")) || both(visit, visit.state === "admitted" && !fresh ? "leave" : "say");
    const salute = step?.salute ?? false;
    this.draw(this.head(visit, step), spoken(say, this.hint(visit, step), salute), told, this.message, body);
    this.element.append(h("footer", {class: "visit-foot"}, this.facts(visit), visit.state === "open" ? this.tools(visit) : visit.state === "admitted" ? h("div", {class: "visit-tools"}, this.paper(visit), this.corrector(visit)) : null));
    if (this.fields && step?.state !== "failed") this.fields.focus();
    else this.element.querySelector(".answer")?.focus({preventScroll: true});
  }

  /** Where the document that was just handed over goes: the guard's hands need it now. */
  slotOf(before, visit) {
    const held = visit.documents.find((paper) => paper.how === "held" && !paper.returned_ms);
    if (!held || before?.visit !== visit.visit || before.documents.some((paper) => paper.document === held.document)) return null;
    return h("p", {class: "told-slot", role: "status"}, icon("ok"), t("desk.slot", {slot: held.slot, name: both(this.papers()[held.kind])}));
  }

  papers() {
    return Object.fromEntries(this.known.documents.map((paper) => [paper.kind, paper]));
  }

  hint(visit, step) {
    if (step?.state === "failed") return t("desk.failed", {step: both(step), answer: step.does === "call" ? word("call", step.answer) : word("check", step.answer)});
    if (step?.does === "document" && this.known.sight.document && this.known.sight.reads) return t("sight.do");
    if (step) return has(`desk.do.${step.does}`) ? t(`desk.do.${step.does}`) : "";
    if (visit.state === "open") return t(visit.may.admit === "" ? "desk.do.admit" : "desk.do.end");
    if (visit.state === "admitted" && this.admitted === visit.visit) return t(visit.mode === "vehicle" ? "desk.state.admitted.vehicle" : "desk.state.admitted");
    if (visit.state === "admitted") return t(visit.outstanding.length ? "desk.do.owing" : "desk.do.leave");
    return t(visit.outstanding.length ? "desk.do.owing" : `desk.state.${visit.state}`);
  }

  head(visit, step) {
    const state = {done: "done", failed: "failed", next: "now", todo: "later"};
    const trail = visit.state === "open" && visit.steps.length ? h("ol", {class: "trail", "aria-label": t("desk.trail")}, visit.steps.map((one) =>
      h("li", {"data-is": one.id === step?.id ? "now" : state[one.state], "aria-current": one.id === step?.id ? "step" : null}, one.state === "done" ? icon("ok") : null, both(one)))) : null;
    const face = visit.pictures.find((one) => one.of === "person");
    const card = face ? h("img", {class: "visit-face", src: `/api/v1/pictures/${face.digest}?size=small`, alt: t("sight.person"), width: 42, height: 56}) : null;
    return heading([both(visit, "kind"), named(visit)].filter(Boolean).join(" · "), visit.plate, card, trail);
  }

  step(step, visit, typed) {
    const kind = this.known.kinds.find((one) => one.kind === visit.kind);
    const sight = this.sightOf(step, visit);
    const wanted = step ? wants(step, visit, this.known, (path, body) => this.press(path, body), this.reading) : {answers: this.ends(visit, kind)};
    if (wanted.fields) this.fields = new Fields(wanted.fields.map((field) => ({...field, value: typed[field.id] ?? field.value ?? ""})), () => this.enter(wanted));
    if (wanted.typed) this.fields.element.addEventListener("input", (event) => wanted.typed(event.target.name, event.target, wanted.extra));
    const answers = wanted.answers.map((answer) => this.button(answer, () => this.answer(answer)));
    const reasons = h("div", {class: "answers reasons", hidden: step ? step.state !== "failed" : visit.may.admit === "", role: "group", "aria-label": t("desk.decline.why")}, h("h3", {}, t("desk.decline.why")),
      (kind?.reasons ?? []).map((reason) => this.button({id: reason.answer, label: both(reason), tone: "stop"}, () => this.press("refuse", {reason: reason.answer}))));
    const one = wanted.fields?.length === 1 && answers.length === 1;
    const whys = wanted.answers.filter((answer) => answer.why);
    const parts = [sight?.element, this.fields?.element, h("div", {class: "answers", hidden: !answers.length}, answers, sight?.button), sight?.more, wanted.extra,
      whys.length ? h("ul", {class: "whys"}, whys.map((answer) => h("li", {}, h("b", {}, answer.label), ` ${answer.why}`))) : null];
    const failed = step?.state === "failed"; // then to decline is the likelier way on, and comes first
    return h("div", {class: `step${sight ? " sighted" : one ? " one" : ""}`}, failed ? [reasons, ...parts] : [...parts, reasons]);
  }

  /** The desk's cameras, at the steps that look at something; the same ones as long as the step is. */
  sightOf(step, visit) {
    const of = {document: "document", check: "pass"}[step?.does];
    const key = `${visit.visit} ${step?.id}`;
    if (this.sight?.key !== key) {
      this.sight?.stop();
      this.sight = this.reading = null;
      if (!of || !this.known.sight.document) return null;
      this.sight = new Sight(visit.visit, of, this.known.sight, (answer) => this.pictured(key, answer), () => Boolean(this.fields?.typedSoFar().document));
      this.sight.key = key;
    }
    if (this.reading && this.sight) this.sight.show(this.reading, visit);
    return this.sight;
  }

  /** A picture was taken at this step. */
  pictured(key, {reading, visit}) {
    if (this.sight?.key !== key || !this.visit) return;
    this.reading = reading ?? this.reading;
    this.drawn = "";
    if (visit) this.changed(visit);
    this.show(visit ?? this.visit);
  }

  /** One tap: the visitor's picture, at any step. */
  photograph(visit) {
    const wanted = this.known.sight.person && !visit.pictures.some((one) => one.of === "person") && !this.sight?.person;
    return wanted ? h("button", {type: "button", "data-tool": "picture", onclick: () => this.press("pictures", {of: "person"})}, t("sight.tool")) : null;
  }

  /** What is always possible at the gate: to decline, to take back what was handed over, to see to somebody else first. */
  tools(visit) {
    const reasons = this.element.querySelector(".reasons");
    const decline = reasons?.hidden && reasons.children.length && !visit.may.refuse;
    return h("div", {class: "visit-tools"}, decline ? h("button", {type: "button", "data-tool": "decline", onclick: (event) => { event.currentTarget.remove(); reasons.hidden = false; reasons.querySelector("button").focus(); }}, t("desk.decline")) : null,
      this.photograph(visit), this.corrector(visit), this.giveBack(visit), h("button", {type: "button", "data-tool": "later", onclick: () => this.kinds()}, t("desk.later")));
  }

  corrector(visit) {
    return h("button", {type: "button", "data-tool": "correct", onclick: () => this.correct(visit)}, t("correct.tool"));
  }

  /** 更正: all that is known of the visitor, to be set right. */
  correct(visit) {
    const back = () => { this.drawn = ""; this.drawnStep = ""; this.show(this.visit); };
    const {fields, parts} = correcting(visit, (values) => this.press("correct", values), back);
    this.correcting = visit.visit;
    this.draw(parts[0], this.message, ...parts.slice(1));
    this.fields = fields;
    fields.focus();
  }

  // ---- a card at the desk's reader -----------------------------------------------------------------------------------

  /** Whether something is being typed here that another visit must not push away. */
  get typing() {
    return Boolean(this.correcting || Object.keys(this.fields?.typedSoFar() ?? {}).length || this.visit?.state === "open");
  }

  /** The visit that is shown waits for a card: this one comes up by itself, and one tap (or Enter) issues it. */
  tapped(card) {
    const step = this.visit?.state === "open" && this.visit.steps.find((one) => one.id === this.visit.step);
    const picks = step?.does === "card" && this.element.querySelector(".picks.cards");
    if (!picks || this.correcting || (card.state === "issued" && card.visit !== this.visit.visit)) return false;
    if (card.state !== "rack" || card.what !== step.card_kind) { this.told(card, step); return true; }
    text(this.message, "");
    tappedCard(picks, card, () => { this.beeping = card.card; this.press("card", {card: card.card, at_reader: true}); });
    return true;
  }

  /** How far the issue of the card on the reader is; where the reader has no buzzer the tablet that issues beeps. */
  issuing(step) {
    if (step.visit !== this.visit?.visit) return;
    const over = ["done", "failed"].includes(step.stage);
    if (step.stage !== "failed") {
      this.issued = step.visit;
      text(this.message, t(`issue.${step.stage}`, {n: step.try, of: step.of}));
      set(this.message, "data-tone", over ? "go" : "wait");
    }
    if (!over || this.beeping !== step.card) return;
    this.beeping = "";
    if (!step.reader_beeps) beep(step.stage === "done");
  }

  /** What was held to the reader, when nothing follows from it by itself. */
  told(card, step = null) {
    const label = card.label || card.card;
    const state = has(`tap.is.${card.state}`) ? card.state : "unknown";
    text(this.message, step && state === "rack" ? t("tap.kind", {label, wanted: t(`card.kind.${step.card_kind}`)}) : t(`tap.is.${state}`, {label}));
  }

  /** Before anybody is declined or sent elsewhere, what has changed hands goes back. */
  giveBack(visit) {
    return visit.outstanding.map((what) => h("button", {type: "button", "data-tool": what, onclick: () => this.press(what === "card" ? "card/return" : "document/return", what === "card" ? {} : {to: "owner"})}, t(what === "card" ? "desk.take-back" : "desk.return")));
  }

  /** All steps are done (or there are none): admit, or send to another place. */
  ends(visit, kind) {
    const admit = visit.may.admit === "" ? [{id: "admit", label: t("desk.admit"), tone: "go", press: () => ["admit", {}]}] : [];
    const places = visit.may.direct === "" ? (kind?.directions ?? []).map((place) => ({id: place.answer, label: t("desk.direct", {place: both(place)}), tone: "go", press: () => ["direct", {where: place.answer}]})) : [];
    return [...admit, ...places];
  }

  over() {
    return h("div", {class: "answers"}, this.button({id: "next", label: t("desk.next"), tone: "go"}, () => this.kinds()));
  }

  button(answer, onclick) {
    return h("button", {type: "button", class: "answer", "data-answer": answer.id, "data-tone": answer.tone || null, onclick: () => { if (performance.now() - this.drawnAt > STEADY_MS) onclick(); }},
      h("span", {}, answer.label), answer.note ? h("small", {}, answer.note) : null);
  }

  /** Enter: the one answer that goes on, where there is one; else to the answers. */
  enter(wanted) {
    const go = wanted.answers.filter((answer) => answer.tone === "go");
    if (go.length === 1) this.answer(go[0]);
    else this.element.querySelector(".answer")?.focus();
  }

  answer(answer) {
    const values = this.fields && !answer.free ? this.values() : {};
    if (values) this.press(...answer.press(values));
  }

  values() {
    const values = this.fields.values();
    if (!values) text(this.message, t("field.missing", {name: fieldName(this.fields.next().name)}));
    return values;
  }

  // ---- doing -----------------------------------------------------------------------------------------------------

  press(path, body) {
    return this.send(`/visits/${this.visit.visit}/${path}`, body);
  }

  async send(path, body) {
    if (this.busy) return;
    this.busy = true;
    this.issued = 0;
    set(this.element, "aria-busy", "true");
    let answer = null;
    let refused = false;
    try {
      answer = await post(path, body);
    } catch (error) {
      this.say(error);
      refused = error instanceof Refusal;
    }
    this.busy = false;
    set(this.element, "aria-busy", null);
    if (answer) {
      this.admitted = path.endsWith("/admit") ? answer.visit.visit : 0;
      this.changed(answer.visit);
      if (answer.visit) this.show(answer.visit);
    } else if (refused) {
      this.element.querySelector("[aria-invalid]")?.focus();
    }
  }

  say(error) {
    text(this.message, `${error.message} ${error.hint ?? ""}`);
    set(this.message, "data-tone", null);
  }

  draw(...parts) {
    fill(this.element, ...parts);
    this.element.scrollTop = 0;
  }

  /** What a vehicle can be, for the chips; and what this visit's is. */
  vehicles() {
    return this.known.vehicles.map((one) => [one.vehicle, both(one)]);
  }

  vehicle(visit) {
    return this.known.vehicles.find((one) => visit.vehicle && [one.vehicle, one.zh, one.en].includes(visit.vehicle));
  }

  /** Where somebody was told to go, in words; what a guard has typed as it is. */
  place(visit) {
    const known = this.known.kinds.find((kind) => kind.kind === visit.kind)?.directions.find((one) => one.answer === visit.place);
    return known ? both(known) : visit.place;
  }

  facts(visit) {
    const rows = FACTS.filter((id) => visit[id]).map((id) => [fieldName(id), id === "place" ? this.place(visit) : String(visit[id])]);
    if (visit.vehicle) rows.push([fieldName("vehicle"), this.vehicle(visit) ? both(this.vehicle(visit)) : visit.vehicle]);
    const papers = this.papers();
    const listed = visit.state === "admitted" && this.admitted !== visit.visit; // the list above says it already
    for (const paper of listed ? [] : visit.documents) rows.push([both(papers[paper.kind] ?? {zh: paper.kind, en: paper.kind}), `${paper.number} · ${paper.how === "held" ? t(paper.returned_ms ? "desk.given-back" : "desk.in-slot", {slot: paper.slot}) : t("desk.handed-back")}`]);
    for (const card of listed ? [] : visit.cards) rows.push([t("field.card"), `${card.label || card.card}`]);
    for (const told of visit.notices) rows.push([word("notice.to", told.to), told.acked_ms ? t("notice.acked") : t("notice.waiting")]);
    if (visit.state !== "open") rows.push([t("desk.since"), clock(visit.since_ms, undefined, false)]); // an open one has it in the list
    return h("dl", {class: "visit-facts"}, rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
  }

  /** The document's picture, where this person may see it; each look is on record. */
  paper(visit) {
    const digest = visit.pictures.find((one) => one.of === "document")?.digest;
    return digest ? h("button", {type: "button", "data-tool": "paper", onclick: () => this.look(digest)}, t("sight.kept")) : null;
  }

  look(digest) {
    dialog(t("sight.kept"), t("dialog.close"), h("img", {class: "sight-paper", src: `/api/v1/pictures/${digest}`, alt: t("sight.kept"), width: 1024, height: 692}));
  }

  key(event) {
    if (event.target instanceof HTMLInputElement || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    const wanted = /^[1-9]$/.test(event.key) && this.element.querySelectorAll(".kind-tile, .answers:not([hidden]) .answer")[event.key - 1];
    if (wanted) { event.preventDefault(); wanted.click(); } // else the digit would be typed into the field that comes
  }
}
