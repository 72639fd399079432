// The room «技术», for technicians: panes side by side, one open at a time. Made for a phone in one hand on a ladder.
//
// A pane is an object with
//   id              its name is tech.pane.<id> in the dictionaries (zh-CN.tech.json, en.tech.json)
//   element         what it shows; hidden while another pane is open
//   open()          it is shown now · leave() it is not any more: whatever it polls or streams ends
//   update(state)?  a new live state · journal(event)? something was committed · end()? the page goes
// tech-panes.js lists them.

import {h, set} from "./dom.js";
import {t} from "./i18n.js";
import {panes} from "./tech-panes.js";

export class Tech {
  /** `board`: see rooms.js; `link` of it has the heartbeat that a command carries. */
  constructor(board) {
    Object.assign(this, {id: "tech", icon: "wrench", key: "T", layout: "tech", board});
    this.panes = panes(board);
    this.current = this.panes[0];
    this.tabs = h("nav", {class: "tech-tabs", "aria-label": t("tech.panes")}, this.panes.map((pane, n) =>
      h("button", {type: "button", class: "tech-tab", "data-pane": pane.id, "aria-keyshortcuts": String(n + 1), onclick: () => this.show(pane)}, t(`tech.pane.${pane.id}`), h("kbd", {}, String(n + 1)))));
    this.element = h("section", {class: "tech", "aria-label": t("rail.tech"), hidden: true}, this.tabs, this.panes.map((pane) => pane.element));
    this.onKey = (event) => this.shortcut(event);
    addEventListener("keydown", this.onKey);
    for (const pane of this.panes) set(pane.element, "hidden", true);
  }

  badge() { return this.last?.faults.length ?? 0; }
  waits() { return false; }
  later() { if (this.shown) this.current.open(); }
  draw() {}

  open() {
    this.shown = true;
    this.show(this.current);
  }

  /** One pane; the others rest. */
  show(pane) {
    this.current.leave();
    this.current = pane;
    for (const one of this.panes) set(one.element, "hidden", one !== pane);
    for (const tab of this.tabs.children) set(tab, "aria-current", tab.dataset.pane === pane.id ? "page" : null);
    if (!this.board.shown(this.id)) return;
    if (this.last) pane.update?.(this.last);
    pane.open();
  }

  update(state) {
    this.last = state;
    if (this.shown && !this.board.shown(this.id)) { this.shown = false; this.current.leave(); }
    if (this.shown) this.current.update?.(state);
  }

  journal(event) {
    for (const pane of this.panes) pane.journal?.(event);
  }

  shortcut(event) {
    if (!this.board.shown(this.id) || event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.target.matches?.("input, select, textarea") || document.querySelector("dialog[open]")) return;
    const pane = /^[1-9]$/.test(event.key) ? this.panes[event.key - 1] : null;
    if (!pane) return;
    event.preventDefault();
    this.show(pane);
    this.tabs.querySelector(`[data-pane="${pane.id}"]`).focus({preventScroll: true});
  }

  end() {
    removeEventListener("keydown", this.onKey);
    this.current.leave();
    for (const pane of this.panes) pane.end?.();
  }
}
