// Search over all gates: what is asked can come with the address (#find?plate=…), so a chart, a bookmark and the browser's «back» lead here too.

import {get, post, remove} from "./api.js";
import {fill, h} from "./dom.js";
import {row} from "./event.js";
import {has, kind, language, t, time, value} from "./i18n.js";

const head = (key, ...more) => h("h2", {}, t(key), ...more);
const failed = (place) => (refused) => fill(place, h("p", {class: "message", role: "alert"}, `${refused.message} ${refused.hint}`));

const SORTS = ["", "plate", "card", "unit", "company", "who", "name", "phone"];
const KINDS = ["", "access.decided", "access.decided.refused", "access.decided.ask", "pass.opened", "vehicle.crossed,vehicle.tailgated", "visit.opened,visit.admitted,visit.refused,visit.closed", "card.issued,card.returned,card.lost,card.blocked", "plate.read,plate.corrected", "command.refused", "barrier.held,barrier.released,barrier.commanded", "fault.began,fault.ended", "goods.released,goods.kept,permit.registered,permit.refused", "request.received,request.passed,request.done,request.overdue"];

/** What a choice of kinds is called: one of the list, or (out of a chart) each kind by its own name. */
const called = (kinds) => {
  const key = `find.kinds.${kinds.split(",")[0] || "any"}`;
  if (KINDS.includes(kinds) && has(key)) return t(key);
  return kinds.split(",").map((one) => { const [first, second, ...more] = one.split("."); return kind(`${first}.${second}`) + more.map((how) => `：${value(how)}`).join(""); }).join("、");
};

const local = (ms) => new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);

/** Add a choice to a list unless it is there, and choose it. */
function choose(select, said, label = said) {
  if (said && ![...select.options].some((option) => option.value === said)) select.append(h("option", {value: said}, label));
  select.value = said;
}

export function find(main, me, asked = {}) {
  const text = h("input", {type: "search", name: "text", maxlength: 100, placeholder: t("find.text.hint"), autofocus: true});
  const sort = h("select", {name: "sort"}, ...SORTS.filter((s) => me.may.includes("persons") || !["name", "phone"].includes(s)).map((s) => h("option", {value: s}, t(`find.sort.${s || "any"}`))));
  const kinds = h("select", {name: "kinds"}, ...KINDS.map((k) => h("option", {value: k}, called(k))));
  const gate = h("select", {name: "gate"}, h("option", {value: ""}, t("find.gate.all")));
  const who = h("input", {name: "who", maxlength: 40});
  const since = h("input", {type: "datetime-local", name: "since", step: 1});
  const until = h("input", {type: "datetime-local", name: "until", step: 1});
  const hour = h("select", {name: "hour"}, h("option", {value: ""}, t("find.hour.any")), ...Array.from({length: 24}, (_, n) => h("option", {value: n}, `${n}:00–${n}:59`)));
  const seen = h("input", {type: "checkbox", name: "pictures", onchange: () => ask(false)});
  const rows = h("div", {class: "rows"});
  const state = h("p", {class: "note", role: "status"});
  const more = h("button", {type: "button", class: "soft", hidden: true}, t("find.more"));
  let older = "";
  let turn = 0;
  const ms = (field) => (field.value ? new Date(field.value).getTime() : 0);
  const ask = async (on) => {
    state.textContent = t("find.busy");
    const mine = ++turn;
    try {
      const found = await get("/find", {...query(), before: on ? older : ""});
      if (mine !== turn) return; // something else was asked meanwhile
      if (!on) fill(rows);
      rows.append(...found.rows.map((e) => row(e, me, false, seen.checked)));
      older = found.older;
      more.hidden = !older;
      const n = rows.children.length;
      state.textContent = [n ? t("find.n", {n}) : older ? "" : t("find.none"), older && !found.rows.length ? t("find.further", {at: time(Number(older.split(".")[0]))}) : "", found.many ? t("find.many") : "", found.behind > 0 ? t("find.behind", {n: found.behind}) : ""].filter(Boolean).join(" ");
    } catch (refused) {
      failed(state)(refused);
    }
  };
  more.addEventListener("click", () => ask(true));
  const files = h("div", {class: "buttons"});
  const query = () => ({text: text.value.trim(), sort: sort.value, kinds: kinds.value, gate: gate.value, who: who.value.trim(), since: ms(since), until: ms(until),
    ...hour.value !== "" && {hour: `${hour.value}`, east: String(-new Date().getTimezoneOffset())}});
  const take = async (form) => {
    const bar = h("span", {class: "note", role: "status"}, t("export.busy", {n: 0}));
    const line = h("div", {class: "buttons"}, bar);
    files.append(line);
    try {
      let job = await post("/exports", {...query(), form, lang: language(), east: -new Date().getTimezoneOffset()});
      const stop = h("button", {type: "button", class: "soft", onclick: () => remove(`/exports/${job.number}`).catch(() => {})}, t("export.stop"));
      line.append(stop);
      while (job.state === "running") {
        await new Promise((done) => { setTimeout(done, 500); });
        job = await get(`/exports/${job.number}`);
        bar.textContent = t("export.busy", {n: job.rows});
      }
      stop.remove();
      bar.textContent = t(`export.${job.state}`, {n: job.rows});
      if (job.state === "done") line.append(h("a", {class: "soft", href: `/api/v1/exports/${job.number}/file`, download: ""}, t("export.take", {form: form.toUpperCase()})));
    } catch (refused) {
      bar.textContent = `${refused.message} ${refused.hint}`;
    }
  };
  const saved = h("select", {"aria-label": t("saved")});
  const fields = {text, sort, kinds, gate, who, since, until, hour};
  let kept = [];
  const list = () => get("/searches").then((found) => {
    kept = found.rows;
    fill(saved, h("option", {value: ""}, t("saved")), ...kept.map((one) => h("option", {value: one.title}, one.title)));
  }).catch(() => {});
  saved.addEventListener("change", () => {
    const one = kept.find((row) => row.title === saved.value);
    if (!one) return;
    choose(kinds, one.asked.kinds ?? "", called(one.asked.kinds ?? ""));
    choose(gate, one.asked.gate ?? "");
    for (const [name, field] of Object.entries(fields)) if (field !== kinds && field !== gate) field.value = one.asked[name] ?? "";
    form.requestSubmit();
  });
  const title = h("input", {maxlength: 60, "aria-label": t("saved.title"), placeholder: t("saved.title")});
  const said = h("span", {class: "note", role: "status"});
  const keep = (asked) => post("/searches", {title: title.value.trim() || saved.value, asked}).then(() => { title.value = ""; said.textContent = t("saved.done"); return list(); }).catch(failed(said));
  const saving = h("div", {class: "buttons"}, saved, title,
    h("button", {type: "button", class: "soft", onclick: () => keep(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.value]).filter(([, said]) => said)))}, t("saved.keep")),
    h("button", {type: "button", class: "soft", onclick: () => saved.value && keep({})}, t("saved.drop")), said);
  list();
  const exports = h("div", {class: "buttons"}, ...["xlsx", "csv"].map((form) => h("button", {type: "button", class: "soft", onclick: () => take(form)}, t("export.as", {form: form.toUpperCase()}))));
  const form = h("form", {class: "ask card", onsubmit: (event) => { event.preventDefault(); older = ""; ask(false); }},
    h("label", {class: "wide"}, t("find.text"), text), h("label", {}, t("find.sort"), sort), h("label", {}, t("find.kinds"), kinds),
    h("label", {}, t("find.gate"), gate), h("label", {}, t("find.who"), who), h("label", {}, t("find.since"), since), h("label", {}, t("find.until"), until), h("label", {}, t("find.hour"), hour),
    h("button", {type: "button", class: "soft", onclick: () => { form.reset(); kinds.value = ""; older = ""; ask(false); }}, t("find.clear")), h("button", {class: "primary"}, t("find.go")));
  get("/gates").then((found) => { const chosen = gate.value; for (const g of found.gates) choose(gate, g.gate); gate.value = chosen; }).catch(() => {});
  choose(kinds, asked.kinds ?? "", called(asked.kinds ?? ""));
  choose(gate, asked.gate ?? "");
  for (const name of ["text", "sort", "who", "hour"]) fields[name].value = asked[name] ?? "";
  if (Number(asked.since)) since.value = local(Number(asked.since));
  if (Number(asked.until)) until.value = local(Number(asked.until));
  fill(main, head("room.find"), saving, form, h("div", {class: "card"}, h("div", {class: "buttons"}, exports, me.may.includes("persons") && h("label", {class: "tick"}, seen, t("find.pictures"))), files, state, rows, more));
  ask(false);
  return () => {};
}

