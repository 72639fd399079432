// Who is inside: since when, how long they may stay, and the muster list for an evacuation. The list is read again whenever something changes
// and kept in the page, so that it can be shown and printed when the link is down; its age stands on it.

import {get, post} from "./api.js";
import {dialog, fill, h} from "./dom.js";
import {clock, span} from "./format.js";
import {language, t} from "./i18n.js";
import {icon} from "./icons.js";
import {both, named, whose} from "./visit-words.js";

const BEEP_MS = 60_000;

/** «还剩 40 分钟», «已超 5 分钟», or nothing. */
export function countdown(visit, now = Date.now()) {
  if (!visit.due_ms) return "";
  const left = (visit.due_ms - now) / 1000;
  return left >= 0 ? t("over.left", {age: span(left)}) : t("over.past", {age: span(-left)});
}

/** Whether the page has to say now that this visitor is still inside. */
export const alarms = (visit, now = Date.now()) => Boolean(visit.alarm_ms) && visit.alarm_ms <= now;

export class Inside {
  constructor() {
    this.alarm = h("div", {class: "notices", role: "alert"});
    this.last = null;
    this.beeped = 0;
  }

  /** Read the muster list again; when the gate does not answer, the last one stays. */
  async load() {
    const found = await get("/muster").catch(() => null);
    if (found) this.last = {...found, read: Date.now()};
    return found;
  }

  /** One overstay at a time, the longest first, until somebody sees to it; then again after a while. */
  draw(rows, open) {
    const late = rows.filter((visit) => alarms(visit)).sort((a, b) => a.due_ms - b.due_ms);
    fill(this.alarm, late.slice(0, 1).map((visit) => h("div", {class: "notice-row over", "data-over": visit.visit},
      h("button", {type: "button", class: "told", onclick: () => open(visit.visit)}, icon("warn"), h("b", {}, `${named(visit) || whose(visit)} ${visit.unit}`), h("br"), countdown(visit), late.length > 1 ? h("b", {}, ` ${t("notice.more", {n: late.length - 1})}`) : null),
      h("button", {type: "button", onclick: (event) => this.heard(visit.visit, event.currentTarget)}, t("over.heard")))));
    if (late.length) this.beep();
    return late.length;
  }

  async heard(visit, button) {
    button.disabled = true;
    await post(`/visits/${visit}/overstay`).catch(() => { button.disabled = false; });
  }

  /** Two short tones, once a minute while it stands; a page that nobody has touched yet is silent. */
  beep() {
    if (Date.now() - this.beeped < BEEP_MS || !navigator.userActivation?.hasBeenActive) return;
    this.beeped = Date.now();
    const sound = new AudioContext();
    const tone = sound.createOscillator();
    tone.frequency.setValueAtTime(880, sound.currentTime);
    tone.frequency.setValueAtTime(660, sound.currentTime + 0.18);
    tone.connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + 0.4);
    tone.onended = () => sound.close();
  }

  /** Who is inside, with what is left of their time; and the muster list, ready to be printed. */
  async show(rows, open) {
    const body = h("div", {class: "muster"});
    const box = dialog(t("people-inside.title"), t("dialog.close"), body);
    box.classList.add("prints");
    const fresh = await this.load();
    if (!this.last) { fill(body, h("p", {class: "message"}, t("muster.none-yet"))); return; }
    const {people, vehicles, gate, at_ms, read} = this.last;
    const head = t("muster.head", {gate, people: people.reduce((n, line) => n + line.people, 0), vehicles: vehicles.length, at: new Date(at_ms).toLocaleString(language() === "en" ? "en-GB" : "zh-CN")});
    const stays = rows.filter((visit) => visit.state === "admitted" && visit.due_ms);
    const cells = (line) => [line.unit || "—", line.names || "—", String(line.people), line.kind, line.plate || "—", line.since];
    const table = (heads, lines) => h("table", {class: "rows-table"}, h("thead", {}, h("tr", {}, [h("th", {class: "tick", scope: "col"}), ...heads.map((name) => h("th", {scope: "col"}, name))])),
      h("tbody", {}, lines.map((line) => h("tr", {}, [h("td", {class: "tick"}, "☐"), ...line.map((cell) => h("td", {}, cell))]))));
    const age = h("p", {class: "age", role: "status"}, fresh ? "" : t("muster.old", {age: span((Date.now() - read) / 1000)}));
    fill(body, h("div", {class: "muster-does"}, h("button", {type: "button", class: "answer", "data-answer": "print", "data-tone": "go", onclick: () => print()}, t("people-inside.print"))),
      h("h3", {}, head), age, h("p", {class: "printed"}, t("muster.printed", {at: new Date().toLocaleString()})),
      people.length ? table([t("field.unit"), t("field.name"), t("people-inside.people"), t("cards.kind"), t("field.plate"), t("muster.since")], people.map(cells)) : h("p", {class: "empty"}, t("people-inside.none")),
      vehicles.length ? [h("h3", {}, t("muster.vehicles", {n: vehicles.length})), table([t("field.plate"), t("cards.kind"), t("field.unit"), t("muster.since")], vehicles.map((line) => [line.plate || "—", line.kind.split(/ (?=[a-z])/)[language() === "en" ? 1 : 0] ?? line.kind, line.unit || "—", line.since]))] : null,
      stays.length ? h("section", {class: "stays"}, h("h3", {}, t("over.title")), stays.map((visit) => h("button", {type: "button", class: "pick", "data-stay": visit.visit, onclick: () => { box.close(); open(visit.visit); }},
        h("span", {}, named(visit) || whose(visit)), h("small", {}, `${both(visit, "kind")} · ${clock(visit.admitted_ms, undefined, false)} · ${countdown(visit)}`)))) : null);
  }
}
