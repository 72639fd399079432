// Room 报事: the requests of all gates' desks. The gate is the truth: what is pressed here is «sent» until the gate's own event is back.

import {get, post} from "./api.js";
import {dialog, fill, h} from "./dom.js";
import {pictures} from "./event.js";
import {has, language, t, time} from "./i18n.js";
import * as take from "./take.js";

const STATES = ["", "open", "overdue", "ask", "ended"];
const SORTS = ["", "request", "call", "complaint", "violation"];
const AGAIN_MS = 30_000;
const drafts = new Map();
let known = {departments: [], categories: [], plans: {}};

const called = (part, id) => {
  const one = known[part].find((each) => each.id === id);
  return one ? (language() === "en" ? one.en : one.zh) : id;
};
export const department = (id) => called("departments", id);
/** Departments as the gates call them; to be awaited before `department` is asked. */
export const names = async () => { known = await get("/requests/names"); return known; };
const word = (group, name) => (has(`req.${group}.${name}`) ? t(`req.${group}.${name}`) : name);
const said = (refused) => `${refused.message} ${refused.hint}`;
const who = (by) => {
  const [role, ...name] = String(by).split(":");
  return name.length ? t(role === "headoffice" ? "req.by.office" : "req.by.gate", {name: name.join(":")}) : t("req.by.itself");
};
const key = (row) => `${row.gate}/${row.epoch}/${row.request}`;
const path = (row) => `/requests/${encodeURIComponent(row.gate)}/${encodeURIComponent(row.epoch)}/${row.request}`;

function span(ms) {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  return minutes < 120 ? t("req.min", {n: minutes}) : minutes < 2880 ? t("req.h", {n: Math.round(minutes / 60)}) : t("req.d", {n: Math.round(minutes / 1440)});
}

/** Until when; overdue ones say so in words and with a sign, not by colour alone. */
function due(row, now) {
  if (row.ended_ms) return h("span", {class: "chip"}, time(row.ended_ms));
  if (!row.due_ms) return h("span", {class: "chip"}, t("req.due.none"));
  const words = span(Math.abs(now - row.due_ms));
  return row.overdue ? h("strong", {class: "chip late", "data-tone": "stop"}, `⚠ ${t("req.due.late", {span: words})}`) : h("span", {class: "chip"}, t("req.due.left", {span: words}));
}

function line(row, now, open) {
  return h("button", {type: "button", class: "row req", "data-key": key(row), "data-overdue": row.overdue, onclick: () => open(row)},
    due(row, now),
    h("span", {class: "what"}, `${called("categories", row.category)} ${row.unit}`),
    h("span", {class: "about"}, h("span", {class: "chip", "data-tone": row.state === "done" ? "care" : row.ended_ms ? "go" : null}, word("state", row.state)),
      row.round > 1 && h("span", {class: "chip", "data-tone": "care"}, t("req.round", {n: row.round})),
      row.sent && h("span", {class: "chip", "data-tone": "care"}, t("req.sent", {act: word("act", row.sent)})), row.words && h("span", {}, row.words)),
    h("span", {}, department(row.department)), h("span", {class: "at"}, `${row.gate} #${row.request}`));
}

// ---- one request

/** What the gate was told and has not answered, and what it could not do. */
function orders(found) {
  const open = found.orders.filter((one) => !one.result);
  const called_ = (one) => word("act", one.act === "pass" && found.state === "received" && one.department === found.department ? "take" : one.act);
  const last = found.orders[found.orders.length - 1];
  const lines = open.map((one) => h("p", {class: "sent"}, t("req.order.sent", {act: called_(one), by: one.by, at: time(one.at_ms)}), " ",
    one.until_ms < found.now_ms ? t("req.order.late") : found.online ? t("req.order.wait") : t("req.order.offline", {until: time(one.until_ms)})));
  if (last?.result && last.result !== "done") {
    lines.push(h("p", {class: "alarm"}, t("req.order.refused", {act: word("act", last.act), by: last.by}), " ", word("refused", has(`req.refused.${last.result}`) ? last.result : "other"), " ", t("req.order.now", {state: word("state", found.state), department: department(found.department)})));
  }
  return lines;
}

function step(one, n, all) {
  const what = one.step === "asked" ? t("req.step.asked", {answer: word("answer", one.answer)})
    : one.step === "reported" ? t("req.step.reported", {to: word("to", one.to)})
    : one.step === "done" && one.at_once ? t("req.step.at-once")
    : has(`req.step.${one.step}`) ? t(`req.step.${one.step}`, {department: department(one.department), round: one.round}) : one.step;
  return h("li", {}, h("span", {class: "at"}, time(one.at_ms)), h("span", {class: "what"}, what), h("span", {}, who(one.by)), one.personal.note && one.personal.note !== all[n - 1]?.personal.note && h("span", {class: "told"}, one.personal.note));
}

function facts(found) {
  const first = found.steps[0]?.personal ?? {};
  const name = [first.name, found.title && word("title", found.title)].filter(Boolean).join(" ");
  const rows = [
    ["req.is", `${word("state", found.state)} · ${department(found.department)}${found.round > 1 ? ` · ${t("req.round", {n: found.round})}` : ""}`],
    ["req.due", due(found, found.now_ms)],
    ["req.words", first.words], ["req.name", name], ["req.phone", first.phone && h("a", {href: `tel:${first.phone}`}, first.phone)],
    ["req.source", word("source", found.source)], ["req.at", `${time(found.at_ms)} · ${who(found.by)}`],
  ];
  return h("dl", {class: "facts"}, ...rows.filter(([, value]) => value).flatMap(([name_, value]) => [h("dt", {}, t(name_)), h("dd", {}, value)]));
}

function show(row, me) {
  const title = `${called("categories", row.category)} ${row.unit} · ${row.gate} #${row.request}`;
  const top = h("div", {role: "status"});
  const about = h("div");
  const acts = h("div", {class: "buttons"});
  const place = h("div");
  const photo = h("div", {class: "pictures"});
  const state = h("p", {class: "message", role: "alert"});
  const steps = h("ol", {class: "steps"});
  let found = null;
  let form = null;

  const send = async (act, body) => {
    state.textContent = "";
    drafts.set(`${key(row)} ${act}`, body.note ?? "");
    try {
      await post(`${path(row)}/${act}`, {seen: found.version, ...body});
      close();
      await look();
      (acts.querySelector("button") ?? box.querySelector("button")).focus();
    } catch (refused) {
      await look();
      state.textContent = said(refused);
    }
  };
  const close = () => { form = null; fill(place); };

  /** A form of one act, below the buttons; what is typed in it stays there while the story goes on. */
  const ask = (act, ...fields) => {
    close();
    const note = h("textarea", {name: "note", maxlength: 400, rows: 3}, drafts.get(`${key(row)} ${act}`) ?? "");
    form = {version: found.version, act};
    const made = h("form", {class: "act", onsubmit: (event) => {
      event.preventDefault();
      send(act, {note: note.value, ...Object.fromEntries(fields.map((field) => [field.name, field.value]))});
    }}, h("h3", {}, word("act", act)), ...fields.map((field) => h("label", {}, t(`req.field.${field.name}`), field)), h("label", {}, t(`req.note.${act}`), note),
    h("div", {class: "buttons"}, h("button", {class: "primary"}, t("req.send")), h("button", {type: "button", class: "soft", onclick: close}, t("req.leave"))));
    fill(place, made);
    (fields[0] ?? note).focus();
  };
  const choose = (name, values, chosen) => h("select", {name, required: true}, ...values.map(([value, label]) => h("option", {value, selected: value === chosen}, label)));
  const others = () => known.departments.filter((one) => found.state === "received" || one.id !== found.department).map((one) => [one.id, department(one.id)]);
  const OF = {
    take: () => send("pass", {department: found.department}),
    pass: () => ask("pass", choose("department", others(), me.department)),
    finish: () => ask("finish"),
    ask: () => ask("ask", choose("answer", ["satisfied", "unsatisfied", "unreached"].map((one) => [one, word("answer", one)]))),
    note: () => ask("note"),
    withdraw: () => ask("withdraw"),
  };

  const look = async () => {
    let now;
    try {
      now = await get(path(row));
    } catch (refused) {
      state.textContent = said(refused);
      return;
    }
    if (form && form.version !== now.version) {
      form.version = now.version;
      state.textContent = t("req.changed");
      if (now.may[form.act]) close();
    }
    found = now;
    fill(top, ...orders(found));
    fill(about, facts(found), !found.sees && found.steps.some((one) => one.step === "received") && h("p", {class: "note"}, t("personal.kept")));
    if (found.picture && me.may.includes("persons") && !photo.childElementCount) {
      fill(photo, h("button", {type: "button", class: "soft", onclick: () => fill(photo, ...pictures(row.gate, [found.picture]))}, t("picture.show")));
    }
    const may = Object.entries(OF).filter(([name]) => (name === "take" ? found.may.pass === "" && found.state === "received" && !found.orders.some((one) => !one.result && one.act === "pass") : found.may[name] === ""));
    const had = acts.contains(document.activeElement) ? document.activeElement.dataset.act : "";
    fill(acts, ...may.map(([name, run]) => h("button", {type: "button", class: name === "take" || name === "ask" ? "primary" : "soft", "data-act": name, onclick: run}, word("act", name))));
    if (had) (acts.querySelector(`[data-act="${had}"]`) ?? acts.querySelector("button") ?? box.querySelector("button")).focus();
    fill(steps, ...found.steps.map(step));
  };
  const box = dialog(title, t("close"), top, about, photo, acts, place, state, h("h3", {}, t("req.story")), steps);
  box.classList.add("request");
  look();
  return {look, box};
}

// ---- the room

/** `asked`: what the address says, as charts link to it. */
export function requests(main, me, asked = {}) {
  const select = (name, values) => h("select", {name}, ...values.map(([value, label]) => h("option", {value}, label)));
  const state = select("state", STATES.map((one) => [one, t(`req.show.${one || "all"}`)]));
  const of = select("department", [["", t("req.department.all")]]);
  const gate = select("gate", [["", t("find.gate.all")]]);
  const sort = select("sort", SORTS.map((one) => [one, t(`req.sort.${one || "all"}`)]));
  if (STATES.includes(asked.state)) state.value = asked.state;
  if (SORTS.includes(asked.sort)) sort.value = asked.sort;
  const text = h("input", {type: "search", name: "text", value: asked.text, maxlength: 60, placeholder: t("req.text.hint")});
  const rows = h("div", {class: "rows"});
  const underway = h("div", {class: "rows", role: "status"});
  const sum = h("p", {class: "whole", role: "status"});
  const live = h("p", {class: "note", role: "status"}, t("live.wait"));
  let opened = null;
  let ended = false;
  let soon = 0;
  let asking = 0;

  const open = (row) => {
    opened = show(row, me);
    opened.box.addEventListener("close", () => { opened = null; rows.querySelector(`[data-key="${CSS.escape(key(row))}"]`)?.focus(); });
  };
  const may = me.may.includes("requests");
  const takeDown = (from = null) => take.takeDown({known, who: me.name, gate: gate.value, from, named: called, open, done: look});
  const begun = Promise.all([names(), get("/gates")]);
  begun.catch(() => {});  // whoever looks says so
  const chosen = () => ({state: state.value, department: of.value, gate: gate.value, sort: sort.value, text: text.value.trim()});
  const look = async () => {
    const number = ++asking;
    try {
      await begun;
      const found = await get("/requests", chosen());
      if (ended || number !== asking) return;  // a later question's answer is newer
      const mine = found.counts.filter((one) => (!of.value || one.department === of.value) && (!gate.value || one.gate === gate.value));
      const add = (name) => mine.reduce((n, one) => n + one[name], 0);
      sum.textContent = t("req.sum", {open: add("open"), overdue: add("overdue"), ask: add("ask")});
      const had = rows.contains(document.activeElement) ? document.activeElement.dataset.key : "";
      fill(underway, ...found.taken.filter((row) => !gate.value || row.gate === gate.value).map((row) => take.line(row, called, (one) => take.taken(one, {now: found.now_ms, may, named: called, again: takeDown, done: look}))));
      fill(rows, ...(found.rows.length ? found.rows.map((row) => line(row, found.now_ms, open)) : [h("p", {class: "note"}, t("req.none"))]));
      if (had) rows.querySelector(`[data-key="${CSS.escape(had)}"]`)?.focus();
    } catch (refused) {
      fill(rows, h("p", {class: "message", role: "alert"}, said(refused)));
    }
  };
  const both = () => { soon = 0; look(); opened?.look(); };
  const source = new EventSource("/api/v1/feed");
  source.addEventListener("open", () => { live.textContent = t("req.live"); both(); });
  source.addEventListener("error", () => { live.textContent = t("live.lost"); });
  source.addEventListener("desk", () => { soon ||= setTimeout(both, 50); });
  const timer = setInterval(both, AGAIN_MS);  // deadlines pass without an event
  const form = h("form", {class: "ask card", onsubmit: (event) => { event.preventDefault(); choose(); }},
    h("label", {}, t("req.show"), state), h("label", {}, t("req.department"), of), h("label", {}, t("find.gate"), gate), h("label", {}, t("req.sort"), sort),
    h("label", {class: "wide"}, t("find.text"), text), h("button", {class: "primary"}, t("find.go")));
  const choose = () => {
    history.replaceState(null, "", `#requests?${new URLSearchParams(chosen())}`);  // «back» and a reload come to the same list
    look();
  };
  for (const field of [state, of, gate, sort]) field.addEventListener("change", choose);
  const begins = may && h("button", {type: "button", class: "primary", "data-open": "take", onclick: () => begun.then(() => takeDown()).catch(() => {})}, t("take"));
  fill(main, h("h2", {class: "with"}, t("room.requests"), begins), form, h("div", {class: "card"}, sum, live, underway, rows));
  const begin = async () => {
    const [, gates] = await begun;
    of.append(...known.departments.map((one) => h("option", {value: one.id, selected: one.id === (asked.department ?? me.department)}, department(one.id))));
    gate.append(...gates.gates.map((one) => h("option", {value: one.gate, selected: one.gate === asked.gate}, one.gate)));
    await look();
  };
  begin().catch((refused) => fill(rows, h("p", {class: "message", role: "alert"}, said(refused))));
  return () => { ended = true; source.close(); clearInterval(timer); clearTimeout(soon); opened?.box.close(); };
}
