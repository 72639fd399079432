// The form of an appointment: as a host's call is typed, and as one is changed or cancelled afterwards. Its code stays when it is changed.

import {inWords, post} from "./api.js";
import {dialog, fill, h, set, text} from "./dom.js";
import {clock} from "./format.js";
import {t} from "./i18n.js";
import {stepper} from "./stepper.js";
import {Fields} from "./visit-fields.js";
import {asAddressed, both} from "./visit-words.js";

const TYPED = ["name", "unit", "host", "plate", "phone", "company", "purpose", "remark"];
const BESIDE = ["title", "vehicle"]; // what a pick knows, or the row had
const ALONE = ["viewer", "salesperson"]; // kinds that nobody makes an appointment for

const local = (at) => new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
const tonight = (at) => `${local(at).slice(0, 10)}T23:59`;

export const span = (row) => `${clock(row.from_ms, undefined, false)} – ${clock(row.until_ms, undefined, false)}`;

/** `kinds`: of the plan; `row`: the appointment that is changed, null for a new one; `changed()`: the list is another one. */
export function expectForm(kinds, row, changed) {
  const now = new Date();
  const known = kinds.filter((one) => !ALONE.includes(one.kind) || one.kind === row?.kind);
  const kind = h("select", {name: "expect-kind", "aria-label": t("expect.kind")}, known.map((one) => h("option", {value: one.kind}, both(one))));
  kind.value = known.find((one) => one.kind === (row?.kind ?? "guest"))?.kind ?? known[0].kind;
  const time = (name, value, label) => h("input", {type: "datetime-local", name, value, "aria-label": label});
  const begin = time("expect-from", local(row ? new Date(row.from_ms) : now), t("expect.from"));
  const end = time("expect-until", row ? local(new Date(row.until_ms)) : tonight(now), t("expect.until"));
  const people = stepper("expect", t("field.companions"), row?.companions ?? 0);
  const message = h("p", {class: "visit-message", role: "alert"});
  const fields = new Fields(TYPED.map((id) => ({id, value: row?.[id]})), () => save());
  const body = h("div", {class: "expect-form"});
  const box = dialog(t(row ? "expect.change" : "expect.new"), t("dialog.close"), body);

  function values() {
    const typed = fields.typedSoFar();
    const same = row && (typed.name ?? "") === row.name; // another name is another person's title
    const beside = Object.fromEntries(BESIDE.map((id) => [id, fields.also[id] ?? (same || id === "vehicle" ? row?.[id] : "") ?? ""]));
    const mode = typed.plate ? "vehicle" : "foot";
    return {kind: kind.value, mode, from_ms: new Date(begin.value).getTime(), until_ms: new Date(end.value).getTime(), companions: people.value, ...typed, ...Object.fromEntries(Object.entries(beside).filter(([, value]) => value)), ...asAddressed(typed.name)};
  }

  async function send(path, given, then) {
    if (body.getAttribute("aria-busy")) return;
    set(body, "aria-busy", "true");
    text(message, "");
    try {
      const {appointment} = await post(path, given);
      changed();
      then(appointment);
    } catch (error) {
      text(message, inWords(error));
      set(fields.inputs.get("name"), "aria-invalid", error.code === "who-needed" ? "true" : null);
    } finally {
      set(body, "aria-busy", null);
    }
  }

  /** What came of it, and one large button. */
  function over(say, ...more) {
    fill(body, h("p", {class: "visit-say long"}, say), ...more, h("div", {class: "answers"}, h("button", {type: "button", class: "answer", "data-answer": "expect-done", "data-tone": "go", onclick: () => box.close()}, t("expect.done"))));
    body.querySelector(".answer").focus();
  }

  const code = (one) => h("p", {class: "code", translate: "no"}, `${one.code.slice(0, 3)} ${one.code.slice(3)}`);
  const save = () => {
    const empty = [begin, end].find((time) => !time.value);
    if (empty) { text(message, t("field.missing", {name: empty.getAttribute("aria-label")})); empty.focus(); return; }
    send(row ? `/appointments/${row.appointment}/change` : "/appointments", values(), (one) => over(t(row ? "expect.changed" : "expect.tell"), code(one), h("p", {}, span(one))));
  };

  /** The first tap asks, the second cancels. */
  function cancel(event) {
    const button = event.currentTarget;
    if (button.dataset.sure !== "yes") { button.dataset.sure = "yes"; text(button, t("expect.cancel.sure")); return; }
    send(`/appointments/${row.appointment}/cancel`, {reason: ""}, () => over(t("expect.cancelled")));
  }

  fill(body, h("div", {class: "visit-form when"}, h("label", {}, h("span", {}, t("expect.kind")), kind), h("label", {}, h("span", {}, t("expect.from")), begin), h("label", {}, h("span", {}, t("expect.until")), end)),
    fields.element, message, h("div", {class: "begin"}, people.element, h("div", {class: `answers${row ? " change" : ""}`},
      row ? h("button", {type: "button", class: "answer", "data-answer": "expect-cancel", "data-tone": "stop", onclick: cancel}, t("expect.cancel")) : null,
      h("button", {type: "button", class: "answer", "data-answer": "expect-save", "data-tone": "go", onclick: save}, t(row ? "expect.save.change" : "expect.save")))));
  if (row) begin.focus();
  else fields.focus();
}
