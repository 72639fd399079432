// Beside the register: vehicles inside, and the simulation where the gate is simulated.

import {get, inWords, post} from "./api.js";
import {dialog, fill, h, set, text} from "./dom.js";
import {clock, plate, span, word} from "./format.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";

const CATEGORIES = ["owner", "company", "staff", "temporary", "by-hand", "unknown"];

export class Side {
  constructor() {
    this.total = h("strong", {class: "total"});
    this.list = h("ul", {class: "categories"});
    this.inside = h("button", {type: "button", class: "inside", "aria-haspopup": "dialog", onclick: () => this.show()}, h("span", {class: "inside-head"}, icon("car"), h("span", {}, t("inside.title")), this.total), this.list);
    this.simulate = h("button", {type: "button", class: "simulate", hidden: true, "aria-haspopup": "dialog", onclick: () => this.scenarios()}, icon("car"), h("span", {}, t("simulation.title")));
    this.told = h("p", {class: "told", role: "status"});
    this.element = h("aside", {class: "side", "aria-label": t("inside.title")}, this.inside, this.simulate, this.told);
  }

  update(state) {
    this.state = state;
    text(this.total, String(state.inside.total));
    const counts = state.inside.by_category ?? {};
    const shown = [...CATEGORIES, ...Object.keys(counts).filter((name) => !CATEGORIES.includes(name))].filter((name) => counts[name]);
    const signature = shown.map((name) => `${name}${counts[name]}`).join();
    if (signature !== this.signature) {
      fill(this.list, shown.length ? shown.map((name) => h("li", {}, word("category", name), " ", h("b", {}, String(counts[name])))) : h("li", {class: "empty"}, t("inside.none")));
      this.signature = signature;
    }
    set(this.simulate, "hidden", !state.simulation);
  }

  async show() {
    const found = await get("/inside").catch((error) => ({rows: [], error}));
    dialog(t("inside.title"), t("dialog.close"), found.error ? h("p", {class: "message"}, inWords(found.error))
      : h("ol", {class: "rows plain"}, found.rows.map((row) => h("li", {class: "row"}, plate(row.plate), h("span", {class: "holder"}, word("category", row.category)),
        h("span", {class: "at"}, clock(row.since_ms, this.state.now_ms, false)), h("span", {class: "outcome"}, t("inside.for", {age: span((this.state.now_ms - row.since_ms) / 1000)}))))));
  }

  scenarios() {
    let lane = "";
    const lanes = h("div", {class: "chip-grid lanes"}, [{id: "", name: t("simulation.any")}, ...this.state.lanes].map((one) =>
      h("button", {type: "button", class: "chip", "aria-pressed": String(one.id === lane), onclick: (event) => {
        lane = one.id;
        for (const other of lanes.children) set(other, "aria-pressed", String(other === event.currentTarget));
      }}, one.name)));
    const box = dialog(t("simulation.title"), t("dialog.close"), [h("p", {}, t("simulation.note")), lanes, h("div", {class: "chip-grid"}, [...this.state.simulation.names, "desk-card"].map((name) =>
      h("button", {type: "button", class: "chip", "data-scenario": name, onclick: () => { box.close(); this.play(name, lane); }}, word("simulate", name))))]);
  }

  async play(name, lane) {
    text(this.told, t("simulation.sending"));
    try {
      await post("/simulate", {name, lane: lane || null});
      text(this.told, t("simulation.coming", {name: word("simulate", name)}));
    } catch (error) {
      text(this.told, inWords(error));
    }
  }
}
