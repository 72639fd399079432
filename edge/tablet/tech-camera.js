// A camera for whoever turns its lens: the picture, its sharpness against the best so far, exposure, and what to do in words.

import {get} from "./api.js";
import {fill, h, set, text} from "./dom.js";
import {t} from "./i18n.js";
import {Choice, Loop, message, say} from "./tech-parts.js";

const AGAIN_MS = 150;

export class CameraPane {
  constructor() {
    Object.assign(this, {id: "camera", best: 0, after: 0});
    this.message = message();
    this.lane = new Choice(t("tech.camera"), () => this.again());
    this.picture = h("img", {class: "tech-picture", alt: t("tech.camera.picture"), width: 960, height: 540});
    this.meter = h("meter", {min: 0, max: 1, value: 0, "aria-label": t("tech.sharpness")});
    this.sharp = h("p", {class: "tech-big", role: "status"});
    this.hints = h("ul", {class: "tech-hints", "aria-live": "polite"});
    this.figures = h("p", {class: "tech-hint"});
    this.element = h("section", {class: "tech-pane"}, this.lane.element, this.message, this.picture, this.sharp, this.meter, this.hints, this.figures,
      h("div", {class: "tech-acts"}, h("button", {type: "button", class: "tech-do", "data-do": "again", onclick: () => this.again()}, t("tech.sharpness.again")),
        h("button", {type: "button", class: "tech-do", "data-do": "snap", onclick: () => this.snap()}, t("tech.snap"))));
    this.loop = new Loop(() => this.look());
  }

  open() { this.loop.on(); }
  leave() { this.loop.off(); }

  update(state) {
    this.lane.offer(state.lanes.filter((lane) => lane.camera).map((lane) => [lane.id, lane.name]));
  }

  again() {
    this.best = this.after = 0;
    this.loop.on();
  }

  /** The full picture in a tab of its own, to look at closely or to keep. */
  snap() {
    open(`/api/v1/technician/cameras/${this.lane.value}/picture.jpg?${this.after}`, "_blank");
  }

  async look() {
    const lane = this.lane.value;
    if (!lane) { text(this.sharp, t("tech.camera.none")); return 2000; }
    const now = await get(`/technician/cameras/${lane}?after=${this.after}`).catch((error) => { say(this.message, error); return null; });
    if (!now) return 1500;
    if (lane !== this.lane.value) return 0;
    say(this.message, null);
    this.after = now.number;
    this.best = Math.max(this.best, now.detail);
    this.picture.src = `/api/v1/lanes/${lane}/live.jpg?${now.number}`;
    const share = this.best ? now.detail / this.best : 0;
    this.meter.value = share;
    text(this.sharp, t("tech.sharpness.now", {n: Math.round(now.detail), share: Math.round(share * 100)}));
    set(this.sharp, "data-tone", share > 0.9 ? "good" : null);
    this.advise(now.hints);
    text(this.figures, t("tech.camera.figures", {width: now.width, height: now.height, sharpness: Math.round(now.sharpness), brightness: Math.round(now.brightness), contrast: Math.round(now.contrast), glare: Math.round(now.glare * 100), age: now.age_ms}));
    return AGAIN_MS;
  }

  advise(hints) {
    const signature = hints.join();
    if (signature === this.signature) return;
    this.signature = signature;
    fill(this.hints, (hints.length ? hints : ["good"]).map((hint) => h("li", {"data-hint": hint}, t(`tech.hint.${hint}`))));
  }
}
