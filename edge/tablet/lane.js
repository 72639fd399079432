// One lane's card: state in big words, what stands there, the sentence to say, the live picture, and the commands.
// The card is built once and then only changed, so that a finger or the focus never loses its button.

import {fill, h, set, text} from "./dom.js";
import {clock, plate, span, word} from "./format.js";
import {barrier, icon} from "./icons.js";
import {t} from "./i18n.js";
import {LivePicture} from "./picture.js";
import {PlateRead} from "./plate-read.js";
import {admitted, prompt} from "./prompt.js";
import {truckAt} from "./truck.js";

/** At an exit a guard who raises by hand may see that it is a truck: then its load comes first (G2). */
const EXIT_REASONS = ["checked", "visitor", "truck", "card-trouble", "company", "emergency", "other"];
const OPEN_REASONS = ["checked", "visitor", "delivery", "card-trouble", "company", "emergency", "other"];
const HOLD_REASONS = ["emergency", "rush", "convoy", "funeral", "repair", "other"];
const STEADY_MS = 350; // the chips take no tap in the first moment: the second half of a double tap is not a choice
const WARN = {occupied: "under", beam: "beam"};

export class LaneCard {
  /** `press(action, reason)` carries out; `keys`: {open, close, stop, hold} letters of the keyboard; `arrived(appointment)`: go on with who is here. */
  constructor(lane, press, keys, arrived) {
    this.id = lane.id;
    this.press = press;
    this.arrived = arrived;
    this.keys = keys;
    this.lane = lane;
    this.asking = null;
    this.build(lane);
  }

  build(lane) {
    const keys = this.keys;
    this.glyph = h("div", {class: "glyph"});
    this.phase = h("strong", {class: "phase", "aria-live": "assertive"});
    this.since = h("span", {class: "since"});
    this.signs = h("ul", {class: "signs", "aria-label": t("lane.signs")});
    this.fault = h("p", {class: "lane-fault", hidden: true});
    this.picture = new LivePicture(lane);
    this.say = h("p", {class: "say", "aria-live": "polite"});
    this.salute = h("span", {class: "salute", hidden: true}, icon("salute"), t("lane.salute"));
    this.hint = h("p", {class: "hint"});
    this.last = h("p", {class: "last"});
    this.plateRead = new PlateRead(lane);
    this.visitor = h("button", {type: "button", class: "go-on", hidden: true, onclick: () => this.arrived(this.lane.prompt?.params?.appointment)}, icon("people"), h("span", {}, t("expect.arrive")));
    this.steps = h("ol", {class: "steps", "aria-hidden": "true"}, ...[1, 2, 3].map((n) => h("li", {}, t(`step.${n}`))));
    this.report = h("p", {class: "report", role: "status", "aria-live": "assertive"}, t("command.none"));
    this.progress = h("div", {class: "progress", "data-kind": "none"}, this.steps, this.report);
    this.buttons = {
      open: this.button("open", keys.open, () => this.raise()),
      stop: this.button("stop", keys.stop, () => this.press("stop")),
      hold: this.button("hold", keys.hold, () => this.hold()),
      close: this.button("close", keys.close, () => this.press("close")),
    };
    this.chips = h("div", {class: "chips", hidden: true, role: "group"});
    this.element = h("section", {class: "lane", "data-lane": lane.id, "aria-labelledby": `lane-${lane.id}`},
      h("header", {class: "lane-head"}, this.glyph,
        h("div", {class: "lane-state"}, this.phase, this.since), this.signs,
        h("h2", {id: `lane-${lane.id}`, class: `way ${lane.direction}`}, icon(lane.direction), lane.name)),
      this.fault,
      h("div", {class: "lane-middle"}, this.picture.element,
        h("div", {class: "words"}, this.say, this.salute, this.hint, this.visitor, this.plateRead.element, this.last)),
      this.progress,
      h("div", {class: "buttons"}, this.buttons.open, this.buttons.stop, this.buttons.hold, this.buttons.close),
      this.chips);
  }

  button(action, key, onclick) {
    const why = h("small", {class: "why"});
    const label = h("span", {class: "name"}, t(`action.${action}`));
    const button = h("button", {type: "button", class: `act ${action}`, "data-action": action, onclick},
      h("span", {class: "picture"}, icon(action)), label, why, h("kbd", {}, key));
    set(button, "aria-keyshortcuts", key);
    Object.assign(button, {why, label});
    return button;
  }

  /** Show this state; `fresh` false: greyed, because nobody knows whether it is still so. */
  update(lane, nowMs, fresh, faults) {
    this.lane = lane;
    set(this.element, "data-phase", lane.phase);
    if (this.drawn !== lane.phase) { fill(this.glyph, barrier(lane.phase)); this.drawn = lane.phase; }
    text(this.phase, word("phase", lane.phase));
    this.updateSince(nowMs);
    const signs = ["approach", "under", "beam"].filter((name) => lane[name]).map((name) => t(`sign.${name}`));
    if (lane.queue > 1) signs.push(t("sign.queue", {n: lane.queue}));
    if (signs.join() !== this.signed) { fill(this.signs, signs.map((name) => h("li", {}, icon("car"), name))); this.signed = signs.join(); }
    this.updateFaults(faults.filter((fault) => fault.lane === lane.id));
    this.updateWords(lane);
    this.plateRead.update(lane.reading ?? null, fresh);
    this.updateButtons(lane, fresh);
    this.picture.on = lane.camera && fresh;
    this.picture.update();
  }

  /** «读卡器、摄像头：连接中断» */
  updateFaults(faults) {
    set(this.fault, "hidden", !faults.length);
    const byCode = new Map();
    for (const fault of faults) byCode.set(fault.code, [...(byCode.get(fault.code) ?? []), word("device", fault.device.split(".").at(-1))]);
    const words = [...byCode].map(([code, devices]) => t("lane.fault", {devices: devices.join("、"), fault: word("fault", code)})).join("；");
    if (words !== this.faultWords) fill(this.fault, icon("warn"), words);
    this.faultWords = words;
  }

  updateSince(nowMs) {
    const held = this.lane.held_by.map((by) => word("held", by)).join("、");
    const age = t("lane.since", {age: span((nowMs - this.lane.since_ms) / 1000)});
    text(this.since, held ? `${t("lane.held", {by: held})} · ${age}` : age);
  }

  updateWords(lane) {
    const {say, hint, tone} = prompt(lane);
    text(this.say, say);
    text(this.hint, hint);
    set(this.element, "data-tone", tone);
    set(this.salute, "hidden", !lane.prompt?.salute);
    set(this.visitor, "hidden", !lane.prompt?.params?.appointment);
    const last = lane.last;
    const shown = last ? `${last.pass_seq} ${last.plate} ${last.outcome} ${last.decision}` : "";
    if (shown === this.lastShown) return;
    this.lastShown = shown;
    if (!last) fill(this.last, t("lane.no-pass"));
    else fill(this.last, plate(last.plate), ` ${[last.holder || word("category", last.category), clock(last.opened_ms, undefined, false), word("outcome", last.outcome)].join(" · ")}`);
  }

  updateButtons(lane, fresh) {
    const held = lane.held_by.includes("guard");
    const hold = this.buttons.hold;
    if (hold.held !== held) {
      hold.held = held;
      text(hold.label, t(held ? "action.release" : "action.hold"));
      fill(hold.querySelector(".picture"), icon(held ? "release" : "hold"));
      set(hold, "aria-pressed", String(held));
    }
    for (const [action, button] of Object.entries(this.buttons)) {
      const asked = action === "hold" && held ? "release" : action;
      const why = lane.may?.[asked];
      text(button.why, why && why !== "already" ? word("may", why) : "");
      set(button, "data-may", why ? "no" : "yes");
      set(button, "data-why", why ? WARN[why] ?? why : null);
      button.disabled = !fresh;
    }
  }

  /** The big button: one tap when somebody was admitted, else one more for the reason. */
  raise() {
    if (this.asking === "open") this.unask();
    else if (admitted(this.lane)) this.press("open");
    else this.ask("open", this.lane.direction === "out" ? EXIT_REASONS : OPEN_REASONS);
  }

  hold() {
    if (this.lane.held_by.includes("guard")) this.press("release");
    else if (this.asking === "hold") this.unask();
    else this.ask("hold", HOLD_REASONS);
  }

  ask(action, reasons) {
    this.asking = action;
    const chip = (reason, n) => h("button", {type: "button", class: "chip", "data-reason": reason, onclick: () => this.choose(reason)},
      h("span", {}, t(`reason.${action}.${reason}`)), h("kbd", {}, String(n + 1)));
    fill(this.chips, h("h3", {}, t(`ask.${action}`)), h("div", {class: "chip-grid"}, reasons.map(chip),
      h("button", {type: "button", class: "chip cancel", onclick: () => this.close()}, h("span", {}, t("ask.cancel")), h("kbd", {}, "Esc"))));
    this.reasons = reasons;
    this.chips.hidden = false;
    set(this.chips, "data-steady", null);
    clearTimeout(this.steadying);
    this.steadying = setTimeout(() => set(this.chips, "data-steady", "yes"), STEADY_MS);
    set(this.chips, "aria-label", t(`ask.${action}`));
    this.chips.querySelector("button").focus({preventScroll: true});
  }

  /** Its button again takes the question back, but not as the second half of a double tap. */
  unask() {
    if (this.steady()) this.close();
  }

  steady() {
    return this.chips.dataset.steady === "yes";
  }

  choose(reason) {
    if (!this.asking || !this.steady()) return;
    const action = this.asking;
    this.close();
    if (reason === "truck") truckAt(this.id);
    else this.press(action, reason);
  }

  close() {
    if (!this.asking) return;
    this.buttons[this.asking].focus({preventScroll: true});
    this.asking = null;
    this.chips.hidden = true;
  }

  /** How far the last press is. */
  show({kind, step = 0, text: words, hint = ""}) {
    set(this.progress, "data-kind", kind);
    set(this.progress, "data-step", step);
    text(this.report, hint ? `${words} ${hint}` : words);
  }
}
