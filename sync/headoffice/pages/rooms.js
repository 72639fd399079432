// The rooms: each fills the main part and gives back what ends it.

import {get, post, remove} from "./api.js";
import {h, fill, save} from "./dom.js";
import {row} from "./event.js";
import {ago, fault, t, time, value, word} from "./i18n.js";
import {department, names} from "./requests.js";

const head = (key, ...more) => h("h2", {}, t(key), ...more);
const failed = (place) => (refused) => fill(place, h("p", {class: "message", role: "alert"}, `${refused.message} ${refused.hint}`));

// ---- gates

function gateCard(g, now) {
  const bad = g.alarms.length > 0 || g.quarantined > 0;
  const care = !g.online || g.missing > 0 || g.faults.length > 0 || g.clock !== "ntp";
  const online = g.online === null ? "unheard" : g.online ? "online" : "offline";
  return h("section", {class: "card gate", "data-tone": bad ? "stop" : care ? "care" : "go", "data-gate": g.gate},
    h("header", {}, h("h3", {}, g.gate), h("span", {class: "chip", "data-tone": g.online ? "go" : g.online === null ? "care" : "stop"}, t(`gate.${online}`)),
      g.faults.length > 0 && h("span", {class: "chip", "data-tone": "care"}, t("gate.faults.n", {n: g.faults.length}))),
    h("p", {class: "whole"}, g.missing ? t("gate.missing", {n: g.missing, upto: g.applied}) : g.applied ? t("gate.whole", {n: g.applied}) : t("gate.nothing")),
    h("dl", {class: "facts"},
      h("dt", {}, t("gate.last")), h("dd", {}, g.last_ms ? ago(g.last_ms, now) : "–"),
      h("dt", {}, t("gate.heard")), h("dd", {}, g.heard_ms ? ago(g.heard_ms, now) : "–"),
      h("dt", {}, t("gate.registry")), h("dd", {}, g.registry || "–"),
      h("dt", {}, t("gate.clock")), h("dd", {}, g.clock ? value(`clock-${g.clock}`) : "–"),
      h("dt", {}, t("gate.version")), h("dd", {}, g.version || "–"),
      h("dt", {}, t("gate.lanes")), h("dd", {class: "lanes"}, ...(Object.keys(g.lanes).length ? Object.entries(g.lanes).map(([lane, phase]) => h("span", {}, `${value(lane)} ${word("phase", phase)}`)) : ["–"])),
      h("dt", {}, t("gate.waiting")), h("dd", {}, String(g.waiting)),
      h("dt", {}, t("gate.index")), h("dd", {}, g.indexed >= g.applied ? t("gate.index.all") : t("gate.index.behind", {n: g.applied - g.indexed})),
      g.faults.length > 0 && h("dt", {}, t("gate.faults")), g.faults.length > 0 && h("dd", {}, g.faults.map(fault).join("，"))),
    ...g.alarms.map((a) => h("div", {class: "alarm"}, h("p", {class: "whole"}, word("alarm", a.code)), h("p", {}, t("alarm.times", {n: a.count, at: time(a.last_ms)})),
      h("p", {}, word("alarm", `${a.code}.do`)), h("p", {class: "fine"}, `${a.code} · ${a.detail}`))));
}

export function gates(main) {
  const place = h("div", {class: "gates"});
  const sum = h("p", {class: "note", role: "status"});
  fill(main, head("room.gates"), sum, place);
  const look = () => get("/gates").then((found) => {
    const on = found.gates.filter((g) => g.online).length;
    sum.textContent = t("gates.sum", {n: found.gates.length, online: on, alarms: found.gates.reduce((n, g) => n + g.alarms.length, 0), site: found.site});
    const order = (g) => (g.alarms.length ? 0 : g.online ? 2 : 1);
    fill(place, ...[...found.gates].sort((a, b) => order(a) - order(b)).map((g) => gateCard(g, found.now_ms)));
  }).catch(failed(place));
  look();
  const timer = setInterval(look, 5000);
  return () => clearInterval(timer);
}

// ---- live

export function live(main, me) {
  const rows = h("div", {class: "rows"});
  const state = h("p", {class: "note", role: "status"}, t("live.wait"));
  const only = h("select", {"aria-label": t("find.gate")}, h("option", {value: ""}, t("find.gate.all")));
  get("/gates").then((found) => only.append(...found.gates.map((g) => h("option", {value: g.gate}, g.gate)))).catch(() => {});
  fill(main, head("room.live"), h("div", {class: "card"}, h("div", {class: "buttons"}, h("label", {}, t("find.gate"), only)), state, rows));
  only.addEventListener("change", () => { for (const one of rows.children) one.hidden = only.value && one.dataset.gate !== only.value; });
  get("/recent").then((found) => rows.append(...found.rows.map((e) => row(e, me)))).catch(failed(state)); // what was before: an empty page says nothing
  const source = new EventSource("/api/v1/feed");
  source.addEventListener("open", () => { state.textContent = t("live.on"); });
  source.addEventListener("error", () => { state.textContent = t("live.lost"); });
  source.addEventListener("message", (message) => {
    const e = JSON.parse(message.data);
    const made = row(e, me, true);
    made.hidden = only.value && e.gate !== only.value;
    rows.prepend(made);
    while (rows.children.length > 200) rows.lastChild.remove();
  });
  return () => source.close();
}

// ---- proof

export function proof(main) {
  const gate = h("select", {name: "gate", required: true});
  const first = h("input", {type: "number", name: "first", min: 1, value: 1, required: true});
  const last = h("input", {type: "number", name: "last", min: 1, value: 1, required: true});
  const result = h("div", {role: "status"});
  const upto = {};
  const form = h("form", {class: "ask card", onsubmit: async (event) => {
    event.preventDefault();
    fill(result, h("p", {class: "note"}, t("proof.busy")));
    try {
      const made = await post("/certificates", {gate: gate.value, first: Number(first.value), last: Number(last.value)});
      const range = new URLSearchParams({gate: gate.value, epoch: made.epoch, first: first.value, last: last.value});
      fill(result, h("div", {class: "card"}, h("p", {class: "whole"}, t("proof.whole", {gate: gate.value, first: first.value, last: last.value})),
        h("div", {class: "buttons"}, h("button", {type: "button", class: "primary", onclick: () => save(made.name, made.file)}, t("proof.save")),
          h("a", {class: "soft", href: `/api/v1/range?${range}`, download: ""}, t("proof.events"))),
        h("p", {class: "note"}, t("proof.check")), h("p", {}, h("code", {}, `python -m sync.headoffice check-certificate ${made.name} --key ${made.key} --events ${made.name.replace('.certificate.json', '.jsonl')}`))));
    } catch (refused) {
      failed(result)(refused);
    }
  }}, h("label", {}, t("find.gate"), gate), h("label", {}, t("proof.first"), first), h("label", {}, t("proof.last"), last), h("button", {class: "primary"}, t("proof.go")));
  gate.addEventListener("change", () => { last.value = upto[gate.value]; });
  get("/gates").then((found) => {
    for (const g of found.gates.filter((one) => one.applied)) { upto[g.gate] = g.applied; gate.append(h("option", {value: g.gate}, `${g.gate} (1–${g.applied})`)); }
    last.value = upto[gate.value] ?? 1;
  }).catch(failed(result));
  fill(main, head("room.proof"), h("p", {class: "note"}, t("proof.about")), form, result);
  return () => {};
}

// ---- who looked

/** What was looked at: a few numbers of events, of many the first and how many; all of them one tap away. */
function seen(about) {
  const all = about.split(" ").map((one) => { const [epoch, seq] = one.split("/"); return /^\d+$/.test(seq ?? "") ? [epoch, seq] : ["", one]; });
  const short = all.slice(0, 5).map(([, seq]) => seq).join("、");
  return all.length < 2 ? h("code", {}, short) : h("details", {}, h("summary", {}, all.length > 5 ? t("looks.many", {some: short, n: all.length}) : short), h("code", {}, about));
}

export function looks(main) {
  const body = h("tbody");
  const state = h("div");
  fill(main, head("room.looks"), h("p", {class: "note"}, t("looks.about")), state,
    h("div", {class: "card scroll", tabindex: 0}, h("table", {}, h("thead", {}, h("tr", {}, ...["at", "name", "what", "gate", "event"].map((key) => h("th", {}, t(`looks.${key}`))))), body)));
  const erased = h("div", {class: "scroll", tabindex: 0});
  main.append(h("section", {class: "card"}, h("h3", {}, t("looks.done")), h("p", {class: "note"}, t("looks.done.about")), erased));
  get("/retention").then((found) => fill(erased, found.rows.length ? h("table", {}, h("thead", {}, h("tr", {}, ...["looks.at", "looks.gate", "looks.done.part", "looks.done.days", "looks.done.count", "looks.done.range"].map((key) => h("th", {scope: "col"}, t(key))))),
    h("tbody", {}, ...found.rows.map((x) => h("tr", {}, ...[time(x.at_ms), x.gate, word("part", x.part), x.days, x.count, x.first === x.last ? x.first : `${x.first} – ${x.last}`].map((cell) => h("td", {}, String(cell))))))) : h("p", {class: "note"}, t("looks.done.none")))).catch(failed(erased));
  get("/looks").then((found) => fill(body, ...found.rows.map((x) => h("tr", {}, h("td", {class: "at"}, time(x.at_ms)), h("td", {}, x.name), h("td", {class: "at"}, t(`looks.what.${x.what}`)), h("td", {}, x.gate), h("td", {}, seen(x.about)))))).catch(failed(state));
  return () => {};
}

// ---- people

const ROLES = ["viewer", "clerk", "auditor", "admin", "staff"];
const roleField = (chosen) => h("select", {name: "role"}, ...ROLES.map((r) => h("option", {value: r, selected: r === chosen}, t(`role.${r}`))));

const departmentField = (known, chosen) => h("select", {name: "department"}, h("option", {value: ""}, t("people.department.none")),
  ...[...known.departments.map((one) => one.id), chosen].filter((id, i, all) => id && all.indexOf(id) === i).map((id) => h("option", {value: id, selected: id === chosen}, department(id))));

export function people(main) {
  let known = {departments: []};
  const body = h("tbody");
  const state = h("div", {role: "status"});
  const send = (change) => post("/people", change).then(() => { fill(state, h("p", {class: "note"}, t("people.saved", {name: change.name}))); look(); return true; }).catch(failed(state));
  const line = (u) => {
    const role = roleField(u.role);
    role.setAttribute("aria-label", `${u.name} ${t("people.role")}`);
    const belongs = departmentField(known, u.department);
    belongs.setAttribute("aria-label", `${u.name} ${t("people.department")}`);
    const enabled = h("input", {type: "checkbox", checked: u.enabled, "aria-label": `${u.name} ${t("people.enabled")}`});
    const password = h("input", {type: "password", autocomplete: "new-password", "aria-label": `${u.name} ${t("people.password")}`});
    return h("tr", {}, h("td", {}, u.name, u.locked_ms > Date.now() && h("span", {class: "chip", "data-tone": "care"}, t("people.locked"))), h("td", {}, role), h("td", {}, belongs), h("td", {}, enabled), h("td", {}, password),
      h("td", {}, h("button", {type: "button", class: "soft", onclick: () => send({name: u.name, role: role.value, department: belongs.value, enabled: enabled.checked, password: password.value})}, t("people.save"))));
  };
  const look = () => get("/people").then((found) => fill(body, ...found.rows.map(line))).catch(failed(state));
  const name = h("input", {name: "name", required: true, maxlength: 40});
  const role = roleField("viewer");
  const belongs = departmentField(known, "");
  const password = h("input", {type: "password", name: "password", required: true, minlength: 10, autocomplete: "new-password"});
  const form = h("form", {class: "ask card", onsubmit: (event) => { event.preventDefault(); send({name: name.value.trim(), role: role.value, department: belongs.value, password: password.value}).then((done) => { if (done === true) form.reset(); }); }},
    h("label", {}, t("people.name"), name), h("label", {}, t("people.role"), role), h("label", {}, t("people.department"), belongs), h("label", {}, t("people.password"), password), h("button", {class: "primary"}, t("people.add")));
  fill(main, head("room.people"), h("p", {class: "note"}, t("people.about")), form, state,
    h("div", {class: "card scroll", tabindex: 0}, h("table", {}, h("thead", {}, h("tr", {}, ...["name", "role", "department", "enabled", "password", "save"].map((key) => h("th", {}, t(`people.${key}`))))), body)));
  names().then((found) => { known = found; belongs.replaceChildren(...departmentField(known, "").children); belongs.value = ""; }).catch(failed(state)).then(look);
  return () => {};
}
