// The live picture: one JPEG after the other, the next one only when this one has come, slower when the link is slow.
// The picture that is there stays until the next is complete. While a command is under way pictures wait.

import {h, set} from "./dom.js";
import {icon} from "./icons.js";
import {t} from "./i18n.js";

const EVERY_MS = 500;
export const pause = {until: 0};

export class LivePicture {
  constructor(lane) {
    this.lane = lane;
    this.on = false;
    this.n = 0;
    this.image = h("img", {alt: t("picture.live", {lane: lane.name}), width: 640, height: 360, hidden: true});
    this.none = h("div", {class: "no-picture"}, icon("car"), h("span", {}, t(lane.camera ? "picture.wait" : "picture.none")));
    this.element = h("figure", {class: "live"}, this.image, this.none);
    this.running = false;
  }

  update() {
    if (this.on && !this.running) { this.running = true; this.next(); }
  }

  async next() {
    const began = performance.now();
    if (document.hidden || !this.on || !this.element.isConnected) { this.running = false; return; }
    if (pause.until > began) { setTimeout(() => this.next(), 200); return; }
    const image = new Image(640, 360);
    image.alt = this.image.alt;
    image.src = `/api/v1/lanes/${this.lane.id}/live.jpg?n=${this.n++}`;
    try {
      await image.decode();
      this.image.replaceWith(image);
      this.image = image;
      set(this.none, "hidden", true);
    } catch {
      set(this.image, "hidden", true);
      set(this.none, "hidden", false);
      this.none.lastChild.textContent = t("picture.none");
    }
    const took = performance.now() - began;
    setTimeout(() => this.next(), Math.max(EVERY_MS - took, took, 50));
  }
}
