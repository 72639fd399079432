// The plate that was read at a lane (V2): the crop beside the text, which a guard may set right. Where the reading is not certain, the
// registry's plates that it may have been stand there: one tap chooses. The first reading stays on record whatever is said here.

import {inWords, post} from "./api.js";
import {dialog, fill, h, set, text} from "./dom.js";
import {plate} from "./format.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";

const GUESSES = 2;
const LONGEST = 12;

export class PlateRead {
  constructor(lane) {
    this.lane = lane.id;
    this.crop = h("img", {class: "crop", alt: t("reading.crop"), width: 120, height: 40, hidden: true});
    this.said = h("span", {class: "read-plate"});
    this.state = h("span", {class: "read-state"});
    this.open = h("button", {type: "button", class: "read-open", onclick: () => this.edit()}, this.crop, this.said, this.state);
    this.guesses = h("div", {class: "guesses", role: "group", "aria-label": t("reading.which"), hidden: true});
    this.element = h("div", {class: "reading", hidden: true}, this.open, this.guesses);
  }

  /** Show this reading; null: nobody stands there, or nothing was read. */
  update(reading, fresh) {
    this.reading = reading;
    set(this.element, "hidden", !reading);
    if (!reading) { this.shown = ""; return; }
    for (const button of this.element.querySelectorAll("button")) button.disabled = !fresh;
    const shown = JSON.stringify(reading);
    if (shown === this.shown) return;
    this.shown = shown;
    set(this.crop, "hidden", !reading.crop);
    if (reading.crop) set(this.crop, "src", `/api/v1/pictures/${reading.crop}`);
    fill(this.said, plate(reading.plate || reading.text));
    const state = reading.plate ? "said" : reading.match === "differs" ? "differs" : reading.certain ? "certain" : "unsure";
    set(this.element, "data-state", state);
    fill(this.state, icon({differs: "warn", unsure: "warn"}[state] ?? "ok"), t(`reading.${state}`));
    set(this.open, "aria-label", `${reading.plate || reading.text || t("plate.none")} ${t(`reading.${state}`)} ${t("reading.correct")}`);
    const guesses = state === "unsure" ? likely(reading).slice(0, GUESSES) : [];
    set(this.guesses, "hidden", !guesses.length);
    fill(this.guesses, guesses.map((value) => this.choice(value, () => this.say(value, reading.seq))));
  }

  choice(value, onclick) {
    return h("button", {type: "button", class: "guess", onclick}, plate(value), this.reading.known.includes(value) ? h("small", {}, t("reading.known")) : null);
  }

  /** All that is known of it, and a field to type in. */
  edit() {
    const reading = this.reading;
    if (!reading) return;
    const message = h("p", {class: "message", role: "status"});
    const input = h("input", {id: "reading-plate", value: reading.plate || reading.text, maxlength: LONGEST, autocomplete: "off"});
    const done = async (value) => { if (await this.say(value, reading.seq, message)) box.close(); };
    const save = (event) => { event.preventDefault(); const typed = input.value.trim(); if (typed) done(typed); };
    const box = dialog(t("reading.title"), t("dialog.close"), [
      reading.crop ? h("img", {class: "crop large", src: `/api/v1/pictures/${reading.crop}`, alt: t("reading.crop"), width: 420, height: 140}) : null,
      h("p", {class: "first-read"}, t("reading.first", {plate: reading.text || t("plate.none"), share: Math.round(reading.confidence * 100)})),
      h("div", {class: "guesses"}, [...new Set([reading.text, ...likely(reading)])].filter(Boolean).map((value) => this.choice(value, () => done(value)))),
      h("form", {class: "note", onsubmit: save}, h("label", {}, t("note.plate"), input), h("button", {type: "submit", class: "primary"}, t("note.save")), message),
    ]);
  }

  /** The guard's word; whether it is on record. */
  async say(value, seq, message = null) {
    try {
      await post(`/lanes/${this.lane}/plate`, {reading: seq, plate: value});
      return true;
    } catch (error) {
      if (message) text(message, inWords(error));
      else fill(this.state, icon("warn"), inWords(error));
      return false;
    }
  }
}

/** The registry's plates first, then what the recogniser thought of. */
const likely = (reading) => [...reading.known, ...reading.candidates];
