// A request that is taken down here, because the owner rang the service centre and not the gate. It goes to the gate, which takes it down as its own.

import {get, newKey, post} from "./api.js";
import {dialog, fill, h} from "./dom.js";
import {has, t, time} from "./i18n.js";

const AT_THE_POST = "violation"; // is recorded by whoever stopped it (the gate refuses it from here)
const said = (refused) => `${refused.message} ${refused.hint}`;
let draft = null; // what is typed outlives a dialog that is closed by mistake; its key makes two presses one request

const word = (group, name) => t(has(`req.${group}.${name}`) ? `req.${group}.${name}` : `req.${group}.other`);

/** The form. `known`: names and plans; `who` is signed in; `from`: what a gate refused, to be sent again; `named(part, id)`; `open(row)`: show a request; `done()`: look again. */
export function takeDown({known, who, gate = "", from = null, named, open, done}) {
  const gates = Object.keys(known.plans).sort();
  if (draft?.who !== who) draft = null; // somebody else has signed in
  if (from) draft = {...from, who, key: newKey()};
  const begun = draft ?? {who, key: newKey(), gate: gates.includes(gate) ? gate : gates.length === 1 ? gates[0] : ""};
  const input = (name, more = {}) => h("input", {name, maxlength: 60, value: begun[name], autocomplete: "off", ...more});
  const at = h("select", {name: "gate", required: true}, h("option", {value: ""}, t("take.choose")), ...gates.map((one) => h("option", {value: one, selected: one === begun.gate}, one)));
  const category = h("select", {name: "category", required: true});
  const department = h("select", {name: "department"});
  const unit = input("unit");
  const name = input("name");
  const title = h("select", {name: "title"}, ...["", "mr", "ms"].map((one) => h("option", {value: one, selected: one === begun.title}, one ? t(`req.title.${one}`) : "–")));
  const phone = input("phone", {type: "tel"});
  const words = h("textarea", {name: "words", maxlength: 400, rows: 4, required: true}, begun.words ?? "");
  const same = h("div", {class: "stack", role: "status"});
  const state = h("p", {class: "message", role: "alert"});
  const fields = [at, category, unit, name, title, phone, words, department];

  const plan = () => {
    const has_ = known.plans[at.value] ?? {departments: [], categories: []};
    const chosen = [category.value || begun.category, department.value || begun.department];
    fill(category, h("option", {value: ""}, t("take.choose")), ...has_.categories.filter((id) => id !== AT_THE_POST).map((id) => h("option", {value: id, selected: id === chosen[0]}, named("categories", id))));
    fill(department, h("option", {value: ""}, t("take.department.own")), ...has_.departments.map((id) => h("option", {value: id, selected: id === chosen[1]}, named("departments", id))));
  };
  /** The same flat may have rung the gate already. */
  const alike = async () => {
    const asked = unit.value.trim();
    if (!asked) return fill(same);
    const found = await get("/requests", {state: "open", gate: at.value, text: asked}).catch(() => ({rows: []}));
    if (asked !== unit.value.trim()) return;
    const rows = found.rows.filter((row) => row.unit === asked).slice(0, 3);
    fill(same, rows.length > 0 && h("p", {class: "note"}, t("take.same")), ...rows.map((row) => h("button", {type: "button", class: "soft", onclick: () => { keep(); box.close(); open(row); }},
      `#${row.request} ${named("categories", row.category)} · ${word("state", row.state)}${row.words ? ` · ${row.words}` : ""}`)));
  };
  const keep = () => { draft = {who, key: begun.key, ...Object.fromEntries(fields.map((field) => [field.name, field.value]))}; };
  const send = async (then) => {
    if (!form.reportValidity()) return;
    keep();
    state.textContent = "";
    const {key, who: _, ...body} = draft;
    for (const button of form.querySelectorAll("button")) button.disabled = true;
    try {
      await post("/taken", {...body, then}, key);
      draft = null;
      if (from) await post(`/taken/${encodeURIComponent(from.gate)}/${from.number}/away`, {});
      box.close();
      done();
    } catch (refused) {
      state.textContent = said(refused);
      if (refused.status && refused.status < 500) begun.key = newKey(); // it was not taken: the next press is another
    } finally {
      for (const button of form.querySelectorAll("button")) button.disabled = false;
    }
  };
  at.addEventListener("change", () => { plan(); alike(); });
  unit.addEventListener("change", alike);
  const form = h("form", {class: "ask take", onsubmit: (event) => { event.preventDefault(); send("pass"); }, oninput: keep},
    h("label", {}, t("find.gate"), at), h("label", {}, t("req.sort"), category), h("label", {}, t("take.unit"), unit), h("label", {}, t("req.name"), name), h("label", {}, t("take.title"), title), h("label", {}, t("req.phone"), phone),
    same, h("label", {class: "line"}, t("take.words"), words), h("label", {}, t("take.department"), department), state,
    h("div", {class: "buttons line"}, h("button", {class: "primary", "data-take": "pass"}, t("take.pass")), h("button", {type: "button", class: "soft", "data-take": "done", onclick: () => send("done")}, t("take.done"))));
  plan();
  const box = dialog(t("take"), t("close"), h("p", {class: "note"}, gates.length ? t("take.about") : t("take.none")), form);
  box.classList.add("request");
  (at.value ? category : at).focus();
  return box;
}

/** One that was taken down here and is not at its gate yet, as a line of the list. */
export function line(row, named, show) {
  const refused = row.result !== "";
  return h("button", {type: "button", class: "row req", "data-taken": `${row.gate}/${row.number}`, onclick: () => show(row)},
    h("strong", {class: "chip", "data-tone": refused ? "stop" : "care"}, refused ? `⚠ ${t("take.refused")}` : t("take.waits")),
    h("span", {class: "what"}, `${named("categories", row.category)} ${row.unit}`), h("span", {class: "about"}, h("span", {}, row.words)),
    h("span", {}, row.department ? named("departments", row.department) : ""), h("span", {class: "at"}, row.gate));
}

/** The same with all that was said, and what can be done where the gate would not take it down. */
export function taken(row, {now, may, named, again, done}) {
  const state = h("p", {class: "message", role: "alert"});
  const refused = row.result !== "";
  const name = [row.name, row.title && t(`req.title.${row.title}`)].filter(Boolean).join(" ");
  const facts = [["req.words", row.words], ["req.name", name], ["req.phone", row.phone && h("a", {href: `tel:${row.phone}`}, row.phone)], ["req.department", row.department && named("departments", row.department)]];
  const away = async () => {
    try {
      await post(`/taken/${encodeURIComponent(row.gate)}/${row.number}/away`, {});
      box.close();
      done();
    } catch (no) {
      state.textContent = said(no);
    }
  };
  const box = dialog(`${named("categories", row.category)} ${row.unit} · ${row.gate}`, t("close"),
    h("p", {class: "sent"}, t("take.sent", {by: row.by, at: time(row.at_ms)}), " ", refused ? "" : row.until_ms < now ? t("req.order.late") : row.online ? t("take.wait") : t("req.order.offline", {until: time(row.until_ms)})),
    refused && h("p", {class: "alarm"}, t("take.not"), " ", word("refused", row.result)),
    h("dl", {class: "facts"}, ...facts.filter(([, value]) => value).flatMap(([key, value]) => [h("dt", {}, t(key)), h("dd", {}, value)])), !row.sees && h("p", {class: "note"}, t("personal.kept")), state,
    refused && may && row.sees && h("div", {class: "buttons"}, h("button", {type: "button", class: "primary", onclick: () => { box.close(); again(row); }}, t("take.again")), h("button", {type: "button", class: "soft", onclick: away}, t("take.away"))));
  box.classList.add("request");
  return box;
}
