// The rail: every room of the page one tap away, wherever one is. Lanes first; what waits in a room stands as a number at its door.
//
// A room is an object with
//   id, icon, key          its name (rail.<id> in the dictionaries), its picture, its letter on a keyboard
//   element                what it shows; hidden while another room is open
//   tool                   true: it has no door here, but a tool in the bar
//   badge()                how many things wait in it (0: nothing), and waits() whether that is urgent
//   open()                 it is shown now
//   update(state)          a new live state · journal(event) something was committed · later() read everything again
//   draw()                 a minute has passed · end() the page goes
// rooms.js lists them.

import {h, set, text} from "./dom.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";

export const LANES = {id: "lanes", icon: "gate", key: "Escape"};

export class Rail {
  /** `go(id)` opens a room; `foot` stands below the doors, apart. */
  constructor(rooms, go, foot) {
    this.rooms = rooms;
    this.go = go;
    this.badges = new Map();
    this.element = h("nav", {class: "rail", "aria-label": t("rail.title")}, h("div", {class: "doors"}, [LANES, ...rooms.filter((room) => !room.tool)].map((room) => this.door(room))), foot);
    this.onKey = (event) => this.key(event);
    addEventListener("keydown", this.onKey);
    this.show(LANES.id);
  }

  door(room) {
    const badge = h("b", {class: "badge-n", hidden: true});
    this.badges.set(room.id, badge);
    const key = room.key === "Escape" ? "Esc" : room.key;
    return h("button", {type: "button", class: "door", "data-open": room.id, "aria-keyshortcuts": room.key, onclick: () => this.go(room.id)},
      icon(room.icon), h("span", {}, t(`rail.${room.id}`)), badge, h("kbd", {}, key));
  }

  /** Which room is open. */
  show(id) {
    this.current = id;
    for (const door of this.element.querySelectorAll(".door")) set(door, "aria-current", door.dataset.open === id ? "page" : null);
  }

  /** The numbers at the doors. */
  update() {
    for (const room of this.rooms.filter((one) => !one.tool)) {
      const badge = this.badges.get(room.id);
      const waiting = room.badge();
      set(badge, "hidden", !waiting);
      set(badge, "data-urgent", room.waits?.() ? "yes" : null);
      text(badge, String(waiting));
    }
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.defaultPrevented || document.querySelector("dialog[open], .chips:not([hidden])")) return;
    const typing = event.target.matches?.("input, select, textarea");
    if (event.key === "Escape" && this.current !== LANES.id) {
      if (typing && event.target.value) event.target.blur();
      else this.leave();
    } else if (!typing) {
      const room = this.rooms.find((one) => one.key === event.key.toUpperCase());
      if (room && room.id !== this.current) { event.preventDefault(); this.go(room.id); }
    }
  }

  /** Back to the lanes, with the focus where one came from. */
  leave() {
    const door = this.element.querySelector(`[data-open="${this.current}"]`);
    this.go(LANES.id);
    (door ?? this.element.querySelector(".door"))?.focus({preventScroll: true});
  }

  end() {
    removeEventListener("keydown", this.onKey);
  }
}
