// What the technician's panes share.

import {inWords} from "./api.js";
import {fill, h, text} from "./dom.js";
import {word} from "./format.js";
import {has, t} from "./i18n.js";

/** A line for what went wrong, or an empty one. */
export const message = () => h("p", {class: "message", role: "alert"});
export const say = (line, error) => text(line, error ? inWords(error) : "");

const partName = (part) => (has(`tech.part.${part}`) ? t(`tech.part.${part}`) : has(`device.${part}`) ? t(`device.${part}`) : word("tech.line", part));

/** A device or a line by its lane: «入口 · 读卡器», «消防». */
export function deviceName(device, state) {
  const [lane, part] = device.split(".");
  const named = state?.lanes.find((one) => one.id === lane)?.name ?? partName(lane);
  return !part || part === lane ? named : `${named} · ${partName(part)}`;
}

/** Something to copy: one tap or Tab selects all of it. */
export const config = (words) => h("pre", {class: "tech-config", tabindex: "0", "aria-label": t("tech.config")}, words);

/** A select with a label over it; keeps what was chosen while it is there. */
export class Choice {
  constructor(label, onchange = () => {}) {
    this.select = h("select", {onchange: () => onchange(this.value)});
    this.element = h("label", {class: "tech-field"}, h("span", {}, label), this.select);
  }

  get value() { return this.select.value; }

  /** [[value, words]] */
  offer(options) {
    const now = this.value;
    const signature = JSON.stringify(options);
    if (signature === this.signature) return;
    this.signature = signature;
    fill(this.select, options.map(([value, words]) => h("option", {value}, words)));
    if (options.some(([value]) => value === now)) this.select.value = now;
  }
}

/** Asks again and again while it is on: `once()` gives how long to wait (ms) before the next time. */
export class Loop {
  constructor(once) {
    this.once = once;
    this.round = 0;
  }

  on() {
    const round = ++this.round;
    const turn = async () => {
      if (round !== this.round) return;
      const wait = document.hidden ? 1000 : await this.once().catch(() => 2000);
      if (round === this.round) setTimeout(turn, wait);
    };
    turn();
  }

  off() { this.round += 1; }
}
