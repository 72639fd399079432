// Inputs as they are now, with their last edge and bounces; and a relay's trial with the shift leader beside the arm.

import {get, post} from "./api.js";
import {dialog, fill, h, set, text} from "./dom.js";
import {span, word} from "./format.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";
import {deviceName, Loop, message, say} from "./tech-parts.js";

const AGAIN_MS = 400;

export class PinsPane {
  constructor(board) {
    Object.assign(this, {id: "pins", board, rows: new Map(), lanes: new Map()});
    this.message = message();
    this.inputs = h("div", {class: "tech-body"});
    this.relays = h("div", {class: "tech-body"});
    this.element = h("section", {class: "tech-pane"}, this.message, h("h2", {}, t("tech.inputs")), this.inputs, h("h2", {}, t("tech.relays")), h("p", {class: "tech-hint"}, t("tech.relays.note")), this.relays);
    this.loop = new Loop(() => this.look());
  }

  open() { this.loop.on(); }
  leave() { this.loop.off(); }
  update(state) { this.state = state; }

  async look() {
    const found = await get("/technician/inputs").catch((error) => { say(this.message, error); return null; });
    if (!found) return 2000;
    say(this.message, null);
    this.build(found);
    for (const one of found.inputs) this.input(one);
    for (const lane of found.lanes) this.lane(lane);
    return AGAIN_MS;
  }

  /** The rows, once; then only what changes is written, so that a finger never misses a button. */
  build(found) {
    const signature = JSON.stringify([found.inputs.map((one) => [one.lane, one.line]), found.lanes.map((lane) => [lane.lane, lane.relays])]);
    if (signature === this.signature) return;
    this.signature = signature;
    const names = new Map(found.lanes.map((lane) => [lane.lane, lane.name]));
    fill(this.inputs, [...new Set(found.inputs.map((one) => one.lane))].map((lane) => h("section", {}, h("h3", {}, names.get(lane) ?? deviceName(lane, this.state)),
      h("ul", {class: "tech-inputs"}, found.inputs.filter((one) => one.lane === lane).map((one) => this.row(one))))));
    fill(this.relays, found.lanes.map((lane) => this.trial(lane)));
  }

  row(one) {
    const parts = {state: h("b", {class: "tech-state"}), edges: h("small", {}), lamp: h("span", {class: "tech-lamp", "aria-hidden": "true"})};
    parts.element = h("li", {"data-input": `${one.lane}.${one.line}`}, parts.lamp, h("span", {}, word("tech.line", one.line), h("small", {}, ` BCM ${one.pin} · ${t(`tech.contact.${one.contact}`)}`)), parts.state, parts.edges);
    this.rows.set(`${one.lane}.${one.line}`, parts);
    return parts.element;
  }

  input(one) {
    const parts = this.rows.get(`${one.lane}.${one.line}`);
    set(parts.element, "data-active", one.active ? "yes" : "no");
    text(parts.state, t(one.level === null ? "tech.level.lost" : one.active ? "tech.level.on" : "tech.level.off"));
    text(parts.edges, one.since_ms === null ? t("tech.edges.none") : t("tech.edges", {n: one.edges, bounces: one.bounces, ago: span(one.since_ms / 1000)}));
    set(parts.edges, "data-tone", one.bounces > 20 ? "bad" : null);
  }

  trial(lane) {
    const parts = {phase: h("b", {}), why: h("p", {class: "tech-hint"}), buttons: lane.relays.map((action) => h("button", {type: "button", class: "tech-do", "data-relay": action, onclick: () => this.ask(lane, action)}, t(`action.${action}`)))};
    this.lanes.set(lane.lane, parts);
    return h("section", {class: "tech-trial", "data-lane-trial": lane.lane}, h("h3", {}, lane.name, " ", parts.phase), parts.why, h("div", {class: "tech-acts"}, parts.buttons));
  }

  lane(lane) {
    const parts = this.lanes.get(lane.lane);
    text(parts.phase, word("phase", lane.phase));
    text(parts.why, lane.objection ? word("may", lane.objection) : t("tech.relays.may"));
    for (const button of parts.buttons) set(button, "disabled", Boolean(lane.objection));
  }

  /** The shift leader's PIN: entered by them, here, with the arm in sight. */
  async ask(lane, action) {
    const {people} = await get("/people").catch((error) => { say(this.message, error); return {people: []}; });
    const leaders = people.filter((person) => person.role === "leader");
    const who = h("select", {}, leaders.map((person) => h("option", {value: person.user}, person.name)));
    const pin = h("input", {type: "password", inputmode: "numeric", maxlength: 12, autocomplete: "off", required: true});
    const line = message();
    const send = async (event) => {
      event.preventDefault();
      try {
        await post(`/technician/lanes/${lane.lane}/pulse`, {action, leader: who.value, pin: pin.value, ...this.board.link.stamp()});
        box.close();
      } catch (error) {
        pin.value = "";
        say(line, error);
      }
    };
    const box = dialog(t("tech.pulse.title", {lane: lane.name, action: t(`action.${action}`)}), t("dialog.close"), h("form", {class: "tech-body", onsubmit: send},
      h("p", {class: "tech-warn"}, icon("warn"), h("span", {}, t("tech.pulse.warn"))), h("label", {class: "tech-field"}, h("span", {}, t("role.leader")), who), h("label", {class: "tech-field"}, h("span", {}, t("tech.pulse.pin")), pin), line,
      h("button", {type: "submit", class: "tech-do", "data-tone": "go", "data-do": "pulse"}, t("tech.pulse.go"))));
    pin.focus();
  }
}
