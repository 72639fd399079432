// One visitor at a time: the kind, who it is, then one step after the other, and at the end the leaving. Steps, sentences and
// answers come from the gate; what is said is the largest text, and every answer is one tap.

import {get, inWords, post, Refusal} from "./api.js";
import {fill, h, set, text} from "./dom.js";
import {word} from "./format.js";
import {has, t} from "./i18n.js";
import {icon} from "./icons.js";
import {facts, oddPlate, paperButton, papersOf, slotOf, vehicleOf} from "./visit-about.js";
import {Beginning} from "./visit-begin.js";
import {correcting} from "./visit-correct.js";
import {Fields} from "./visit-fields.js";
import {leaving} from "./visit-leave.js";
import {Sight} from "./visit-sight.js";
import {wants} from "./visit-steps.js";
import {Taps} from "./visit-tap.js";
import {watching} from "./visit-watch.js";
import {both, fieldName, heading, named, spoken} from "./visit-words.js";

const STEADY_MS = 300; // the second half of a double tap is no answer to the next step

export class VisitPane {
  /** `changed(visit)`: this tablet did something; `chosen(id)`: another visit is shown (0: the choice of kinds). */
  constructor(changed, chosen) {
    this.changed = changed;
    this.chosen = chosen;
    this.visit = null;
    this.message = h("p", {class: "visit-message", role: "alert"});
    this.element = h("div", {class: "visit"});
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.beginning = new Beginning(this);
    this.taps = new Taps(this);
  }

  async knows() {
    this.known ??= await get("/visits/kinds");
    return this.known;
  }

  /** The kinds, as large tiles. */
  async kinds() {
    this.leave();
    try {
      await this.knows();
    } catch (error) {
      this.say(error);
    }
    if (!this.visit) this.beginning.kinds();
  }

  leave() {
    this.sight?.stop();
    this.sight = this.reading = null;
    this.issued = 0;
    this.visit = null;
    this.fields = null;
    this.drawn = "";
    set(this.element, "data-tone", null);
    text(this.message, "");
    this.chosen(0);
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
    const slot = slotOf(this.visit, visit, this.known);
    const told = [watching(visit, (decision) => this.press("decide", {decision})), slot ? h("p", {class: "told-slot", role: "status"}, icon("ok"), slot) : null,
      oddPlate(visit) ? h("p", {class: "told-slot", "data-care": "yes", role: "status"}, icon("warn"), oddPlate(visit)) : null];
    Object.assign(this, {visit, drawn: signature, drawnStep: at, fields: null, correcting: 0});
    this.chosen(visit.visit);
    if (this.issued !== visit.visit) text(this.message, ""); // «you may hand it over» stays until the next tap, whichever comes first: it or the answer
    const step = visit.state === "open" ? visit.steps.find((one) => one.id === visit.step) : null;
    const over = ["refused", "directed", "closed"].includes(visit.state);
    const owing = visit.outstanding.length > 0;
    set(this.element, "data-tone", step ? (step.state === "failed" ? "warn" : null) : owing && visit.state !== "open" && this.admitted !== visit.visit ? "warn" : "go");
    const fresh = visit.state === "admitted" && this.admitted === visit.visit;
    const body = (over && !owing) || fresh ? this.over() : visit.state === "open" ? this.step(step, visit, typed) : leaving(visit, papersOf(this.known), (path, given) => this.press(path, given), () => text(this.message, ""), vehicleOf(visit, this.known)?.truck);
    const say = (step && both(step, "say")) || both(visit, visit.state === "admitted" && !fresh ? "leave" : "say");
    const salute = step?.salute ?? false;
    this.draw(this.head(visit, step), spoken(say, this.hint(visit, step), salute), told, this.message, body);
    this.element.append(h("footer", {class: "visit-foot"}, facts(visit, this.known, visit.state === "admitted" && !fresh), visit.state === "open" ? this.tools(visit) : visit.state === "admitted" ? h("div", {class: "visit-tools"}, paperButton(visit), this.corrector(visit)) : null));
    if (this.fields && step?.state !== "failed") this.fields.focus();
    else this.element.querySelector(".answer")?.focus({preventScroll: true});
  }

  hint(visit, step) {
    if (step?.state === "failed") return t("desk.failed", {step: both(step), answer: step.does === "call" ? word("call", step.answer) : word("check", step.answer)});
    if (step?.does === "document" && this.known.sight.document && this.known.sight.reads) return t("sight.do");
    if (step) return has(`desk.do.${step.does}`) ? t(`desk.do.${step.does}`) : "";
    if (visit.state === "open") return t(visit.may.admit === "" ? "desk.do.admit" : "desk.do.end");
    if (visit.state === "admitted" && this.admitted === visit.visit) return t(visit.mode === "vehicle" ? "desk.state.admitted.vehicle" : "desk.state.admitted");
    if (visit.state === "admitted") return t(visit.outstanding.length ? "desk.do.owing" : "desk.do.leave");
    return t(visit.outstanding.length ? "desk.do.owing" : `desk.state.${visit.state}${visit.state === "directed" && visit.notices.length ? ".told" : ""}`);
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
    const reasons = h("div", {class: "answers reasons", hidden: !kind?.reasons.length || (step ? step.state !== "failed" : visit.may.admit === ""), role: "group", "aria-label": t("desk.decline.why")}, h("h3", {}, t("desk.decline.why")),
      (kind?.reasons ?? []).map((reason) => this.button({id: reason.answer, label: both(reason), tone: "stop"}, () => this.press("refuse", {reason: reason.answer}))));
    const one = wanted.fields?.length === 1 && answers.length === 1;
    const whys = wanted.answers.filter((answer) => answer.why);
    const parts = [wanted.first, sight?.element, this.fields?.element, h("div", {class: "answers", hidden: !answers.length}, answers, sight?.button), sight?.more, wanted.extra,
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
    const decline = reasons?.hidden && reasons.querySelector("button") && !visit.may.refuse;
    const gone = reasons && !reasons.querySelector("button") && !visit.may.close; // nobody of this kind is declined: they went away
    return h("div", {class: "visit-tools"}, decline ? h("button", {type: "button", "data-tool": "decline", onclick: (event) => { event.currentTarget.remove(); reasons.hidden = false; reasons.querySelector("button").focus(); }}, t("desk.decline")) : null,
      gone ? h("button", {type: "button", "data-tool": "gone", onclick: () => this.press("close", {override: ""})}, t("desk.gone")) : null,
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

  /** Whether something is being typed here that another visit must not push away. */
  get typing() {
    return Boolean(this.correcting || Object.keys(this.fields?.typedSoFar() ?? {}).length || this.visit?.state === "open");
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
    text(this.message, inWords(error));
    set(this.message, "data-tone", null);
  }

  draw(...parts) {
    fill(this.element, ...parts);
    this.element.scrollTop = 0;
  }

  key(event) {
    if (event.target instanceof HTMLInputElement || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    const wanted = /^[1-9]$/.test(event.key) && this.element.querySelectorAll(".kind-tile, .answers:not([hidden]) .answer")[event.key - 1];
    if (wanted) { event.preventDefault(); wanted.click(); } // else the digit would be typed into the field that comes
  }
}
