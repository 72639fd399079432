// The desk's cameras at a visit's step: what they see now, whether the document lies well, and what was read of it.
//
// The gate says when a document lies still; then its picture is taken without a tap, once, and again only after it was moved. The visitor's
// picture is taken along with it. What was read comes into the fields marked as read, until the guard confirms all of it with one tap.

import {get, inWords, post} from "./api.js";
import {fill, h, set, text} from "./dom.js";
import {t} from "./i18n.js";
import {both, fieldName} from "./visit-words.js";

const EVERY_MS = 400;
const READING_MS = 25_000;
const SVG = "http://www.w3.org/2000/svg";
const BESIDE = ["sex", "nation", "birth", "address", "vehicle_class", "authority", "valid_from", "valid_until"]; // to compare, not kept

const ELSEWHERE = 0.03;

/** Whether the document lies elsewhere than it did, as parts of the picture. */
const apart = (now, before) => Boolean(before) && now.some(([x, y], n) => Math.abs(x - before[n]?.[0]) > ELSEWHERE || Math.abs(y - before[n]?.[1]) > ELSEWHERE);

const outline = () => {
  const root = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({viewBox: "0 0 100 100", preserveAspectRatio: "none", "aria-hidden": "true"})) root.setAttribute(name, value);
  return root.appendChild(document.createElementNS(SVG, "polygon")).parentNode;
};

export class Sight {
  /** `of`: document or pass; `can`: which cameras there are; `done(answer)`: a picture was taken, or what was read before is there again;
      `typing()`: the guard has begun to type, and no picture is taken by itself any more. */
  constructor(visit, of, can, done, typing) {
    Object.assign(this, {visit, of, can, done, typing, auto: can.auto && of === "document", failed: "", pending: false, ended: false, reading: null, number: 0});
    this.image = h("img", {alt: t("sight.alt"), width: 480, height: 270, hidden: true});
    this.person = can.person && of === "document" ? h("img", {alt: t("sight.person"), width: 96, height: 54, class: "sight-person", hidden: true}) : null;
    this.outline = outline();
    this.status = h("p", {class: "sight-said", role: "status"}, t("sight.wait"));
    this.button = h("button", {type: "button", class: "answer sight-take", "data-take": of, onclick: () => (this.reading ? this.again() : this.take())}, t(`sight.take.${of}`));
    this.view = h("div", {class: "sight-view"}, this.image, this.outline, this.person);
    this.more = h("div", {class: "sight-more"});
    this.element = h("section", {class: "sight", "aria-label": t("sight.title")}, this.view, this.status);
    setTimeout(() => this.tick(), 0);
  }

  stop() {
    this.ended = true;
  }

  async tick() {
    if (this.ended || !this.element.isConnected) return;
    if (!document.hidden && !this.pending && !this.reading) await this.look().catch((error) => this.say(inWords(error)));
    setTimeout(() => this.tick(), EVERY_MS);
  }

  async look() {
    const seen = await get(`/visits/${this.visit}/sight?of=${this.of === "pass" ? "document" : this.of}`);
    if (this.pending || this.ended) return;
    if (seen.reading && this.of === "document") { this.done({reading: seen.reading, visit: null}); return; }
    await this.frame(seen.frame);
    const points = seen.corners.map(([x, y]) => `${x * 100},${y * 100}`).join(" ");
    this.outline.firstChild.setAttribute("points", points);
    set(this.outline.firstChild, "data-good", points && !seen.problem ? "yes" : null);
    this.corners = seen.corners;
    this.moved = !points || Boolean(seen.problem) || (this.moved ?? true) || apart(seen.corners, this.lay);
    if (this.moved) this.failed = "";
    this.say(this.taken ? t("sight.taken") : this.failed || both(seen) || t(this.auto && this.moved && !seen.taken && !this.typing() ? "sight.hold" : "sight.good"));
    if (seen.ready && this.auto && this.moved && !this.typing()) await this.take();
  }

  async frame(number) {
    if (!number || number === this.number) return;
    this.number = number;
    await this.shown(this.image, this.of);
    if (this.person && !this.person.dataset.taken) await this.shown(this.person, "person");
  }

  async shown(image, of) {
    const next = new Image();
    next.src = `/api/v1/visits/${this.visit}/sight.jpg?of=${of}&n=${this.number}`;
    if (await next.decode().then(() => true, () => false)) { image.src = next.src; image.hidden = false; }
  }

  /** By a tap or by itself. The visitor's picture goes along with the document's. */
  async take() {
    if (this.pending) return;
    this.pending = true;
    this.moved = false;
    this.lay = this.corners;
    this.failed = "";
    set(this.element, "aria-busy", "true");
    this.say(t("sight.reading"));
    try {
      const answer = await post(`/visits/${this.visit}/pictures`, {of: this.of}, {timeout: READING_MS});
      const person = this.person ? await post(`/visits/${this.visit}/pictures`, {of: "person"}).catch(() => null) : null;
      if (this.of === "pass") { // nothing is read of it: that it is taken has to be said
        this.taken = true;
        this.say(t("sight.taken"));
        text(this.button, t("sight.take.again"));
      }
      this.done({...answer, visit: person?.visit ?? answer.visit});
    } catch (error) {
      this.failed = inWords(error); // stays until the document is moved: it says what helps
      this.say(this.failed);
    }
    set(this.element, "aria-busy", null);
    this.pending = false;
  }

  say(words) {
    text(this.status, words);
  }

  /** What was read, in the place of the preview; the button takes it again, or its other side. */
  show(reading, visit) {
    this.reading = reading;
    const got = Object.fromEntries(reading.fields.map((field) => [field.name, field.text]));
    const person = visit.pictures.find((one) => one.of === "person")?.digest;
    const face = (src, alt) => h("img", {class: "sight-face", src, alt, width: 122, height: 160});
    fill(this.view, reading.face ? face(reading.face, t("sight.face")) : null, person ? face(`/api/v1/pictures/${person}?size=small`, t("sight.person")) : null);
    const other = got.name && visit.name && got.name !== visit.name;
    set(this.status, "data-care", reading.expired || other ? "yes" : null);
    this.say([reading.expired ? t("sight.expired", {at: got.valid_until}) : "", other ? t("sight.other", {name: got.name, was: visit.name}) : ""].filter(Boolean).join(" ") || t(reading.fields.length ? "sight.read" : "sight.unread"));
    fill(this.more, h("dl", {class: "sight-beside", "aria-label": t("sight.beside")}, BESIDE.filter((id) => got[id]).map((id) => h("div", {}, h("dt", {}, fieldName(id)), h("dd", {}, got[id])))));
    text(this.button, t("sight.again"));
  }

  /** Back to the preview. */
  again() {
    Object.assign(this, {reading: null, moved: false});
    set(this.status, "data-care", null);
    fill(this.view, this.image, this.outline, this.person);
    fill(this.more);
    text(this.button, t(`sight.take.${this.of}`));
  }
}
