// Expected visitors: a group of their own at the head of the desk's list, one tap opens the visit; found by code or QR code; and the form
// in which a host's call to the post is typed.

import {get, post} from "./api.js";
import {dialog, fill, h, set, text} from "./dom.js";
import {clock, plate} from "./format.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";
import {stepper} from "./stepper.js";
import {Fields} from "./visit-fields.js";
import {both, named, spoken, heading} from "./visit-words.js";

const FEW = 3;
const FRESH_MS = 30_000;
const CODE = /^(\d{6}|GE[12]:.*)$/i;

/** Whether what was typed or scanned into the search is a code. */
export const isCode = (typed) => CODE.test(typed.replace(/\s+/g, ""));

/** Half width: a scanner behind a Chinese input method types «ＧＥ２：». */
export const halfWidth = (typed) => typed.replace(/[！-～]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xFEE0));

export class Expected {
  /** `pane`: the desk's; `changed()`: the list is another one. */
  constructor(pane, changed) {
    Object.assign(this, {pane, changed, rows: [], stale: true, read: 0});
  }

  /** Read again, if somebody made, changed or used one, or half a minute may have made one due. */
  async load() {
    if (!this.stale && Date.now() - this.read < FRESH_MS) return;
    this.stale = false;
    this.read = Date.now();
    const found = await get("/appointments").catch(() => null);
    if (found) this.rows = found.rows;
    else this.stale = true;
  }

  wanted(words) {
    if (!words) return this.rows;
    return this.rows.filter((row) => [row.name, row.plate, row.unit, row.host, row.company].join(" ").toUpperCase().includes(words));
  }

  /** The rows of the group, and its heading. */
  drawn(words) {
    const rows = this.wanted(words);
    const shown = words || this.all ? rows : rows.slice(0, FEW); // so that who stands at the gate stays in sight
    const more = rows.length > shown.length ? h("li", {}, h("button", {type: "button", class: "visit-row more", "data-open": "all-expected", onclick: () => { this.all = true; this.changed(); }}, h("b", {}, t("expect.more", {n: rows.length - shown.length})))) : null;
    return rows.length ? [h("li", {class: "group"}, icon("book"), t("expect.title", {n: rows.length})), ...shown.map((row) => this.row(row)), more] : [];
  }

  row(row) {
    return h("li", {}, h("button", {type: "button", class: "visit-row expected", "data-appointment": row.appointment, onclick: () => this.arrive(row.appointment, "list")},
      h("b", {}, named(row) || row.company || row.plate), h("span", {class: "since"}, this.when(row)),
      h("span", {class: "kind"}, [both(row, "kind"), row.unit, row.host].filter(Boolean).join(" · ")), row.plate ? plate(row.plate) : h("span", {}),
      h("ul", {class: "owed"}, h("li", {class: "step"}, icon("book"), t(`expect.source.${row.source}`)), row.companions ? h("li", {class: "none"}, icon("people"), t("expect.with", {n: row.companions})) : null)));
  }

  when(row) {
    return `${clock(row.from_ms, undefined, false)} – ${clock(row.until_ms, undefined, false)}`;
  }

  arrive(appointment, by) {
    return this.pane.send(`/appointments/${appointment}/arrive`, {by});
  }

  /** A code was typed or scanned: show whose it is, with one large button; or why it is none. */
  async find(typed) {
    const said = halfWidth(typed).replace(/\s+/g, "");
    this.pane.leave();
    try {
      const {appointment} = await post("/appointments/find", {text: said});
      this.show(appointment, said.length === 6 ? "code" : "qr");
    } catch (error) {
      await this.pane.kinds();
      this.pane.say(error);
    }
  }

  async show(row, by) {
    await this.pane.knows();
    const go = h("button", {type: "button", class: "answer", "data-answer": "arrive", "data-tone": "go", onclick: () => this.arrive(row.appointment, by)}, h("span", {}, t("expect.arrive")));
    const rows = [["unit", row.unit], ["host", row.host], ["company", row.company], ["purpose", row.purpose], ["companions", row.companions || ""], ["expect.when", this.when(row)]];
    this.pane.draw(heading([t("expect.one"), named(row)].filter(Boolean).join(" · "), row.plate), spoken(both(this.pane.known.say.welcome), t("expect.found"), true), this.pane.message,
      h("div", {class: "answers"}, go), h("dl", {class: "visit-facts"}, rows.filter(([, value]) => value).map(([id, value]) => h("div", {}, h("dt", {}, id.includes(".") ? t(id) : t(`field.${id}`)), h("dd", {}, String(value))))));
    go.focus({preventScroll: true});
  }

  /** A host calls the post: who will come, and when. */
  async form() {
    await this.pane.knows();
    const kinds = this.pane.known.kinds.filter((kind) => !["viewer", "salesperson"].includes(kind.kind));
    const day = new Date();
    const local = (at) => new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
    const kind = h("select", {name: "expect-kind", "aria-label": t("expect.kind")}, kinds.map((one) => h("option", {value: one.kind}, both(one))));
    kind.value = kinds.some((one) => one.kind === "guest") ? "guest" : kind.value;
    const begin = h("input", {type: "datetime-local", name: "expect-from", value: local(day), "aria-label": t("expect.from")});
    const end = h("input", {type: "datetime-local", name: "expect-until", value: `${local(day).slice(0, 10)}T23:59`, "aria-label": t("expect.until")});
    const people = stepper("expect", t("field.companions"));
    const message = h("p", {class: "visit-message", role: "alert"});
    const fields = new Fields(["name", "unit", "host", "plate", "phone", "company", "purpose", "remark"].map((id) => ({id})), () => save());
    const body = h("div", {class: "expect-form"});
    const box = dialog(t("expect.new"), t("dialog.close"), body);
    const save = async () => {
      const values = {...fields.also, ...fields.typedSoFar()};
      for (const gone of Object.keys(values)) if (!["name", "title", "unit", "host", "plate", "phone", "company", "purpose", "vehicle", "remark"].includes(gone)) delete values[gone];
      try {
        const {appointment} = await post("/appointments", {kind: kind.value, mode: values.plate ? "vehicle" : "foot", from_ms: new Date(begin.value).getTime(), until_ms: new Date(end.value).getTime(), companions: people.value, ...values});
        fill(body, h("p", {class: "visit-say long"}, t("expect.tell")), h("p", {class: "code", translate: "no"}, `${appointment.code.slice(0, 3)} ${appointment.code.slice(3)}`), h("p", {}, this.when(appointment)),
          h("div", {class: "answers"}, h("button", {type: "button", class: "answer", "data-answer": "expect-done", "data-tone": "go", onclick: () => box.close()}, t("expect.done"))));
        body.querySelector(".answer").focus();
        this.changed();
      } catch (error) {
        text(message, `${error.message} ${error.hint ?? ""}`);
        set(fields.inputs.get("name"), "aria-invalid", error.code === "who-needed" ? "true" : null);
      }
    };
    fill(body, h("div", {class: "visit-form when"}, h("label", {}, h("span", {}, t("expect.kind")), kind), h("label", {}, h("span", {}, t("expect.from")), begin), h("label", {}, h("span", {}, t("expect.until")), end)),
      fields.element, message, h("div", {class: "begin"}, people.element, h("div", {class: "answers"}, h("button", {type: "button", class: "answer", "data-answer": "expect-save", "data-tone": "go", onclick: save}, t("expect.save")))));
    fields.focus();
  }
}
