// A day of each gate and of each department, counted; to be printed, or saved as CSV.

import {get} from "./api.js";
import {took} from "./charts-requests.js";
import {table, to} from "./draw.js";
import {fill, h, save} from "./dom.js";
import {kind, t, value} from "./i18n.js";
import {department, names as departments} from "./requests.js";

const COLUMNS = ["vehicle.crossed", "access.decided granted", "access.decided refused", "access.decided ask", "pass.opened", "vehicle.tailgated", "visit.opened", "visit.overstayed", "card.lost", "request.received", "request.overdue", "fault.began"];
const MORE = ["charts.median", "charts.kept"];
const OF_A_DAY = ["received", "done", "minutes", "overdue", "satisfied", "unsatisfied", "open"];
const column = (name) => name.split(" ").map((part, i) => (i ? value(part) : kind(part))).join(" ");
const sought = (name) => { const [of, how] = name.split(" "); return how && how !== "granted" ? `${of}.${how}` : of; };
const iso = (day) => new Date(day - day.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);

export function report() {
  const date = h("input", {type: "date", value: iso(new Date()), max: iso(new Date())});
  const place = h("div");
  let rows = [];
  let desks = [];
  const look = async () => {
    const since = new Date(`${date.value}T00:00`).getTime();
    if (!since) return;
    const next = new Date(since);
    next.setDate(next.getDate() + 1);
    const query = {since, until: next.getTime(), east: String(-new Date(since).getTimezoneOffset())};
    try {
      const [found, waits, stays, day] = await Promise.all([get("/report", query), get("/charts/waits", query), get("/charts/stays", query), get("/requests/day", query), departments()]);
      const names = [...new Set([...Object.keys(found.gates), ...Object.keys(stays.gates)])].sort();
      const of = (name) => COLUMNS.map((what) => found.gates[name]?.[what] ?? 0);
      const last = (name) => [waits.gates[name] ? (waits.gates[name].all[1] / 1000).toFixed(1) : "–", stays.gates[name]?.kept ?? 0];
      rows = names.map((name) => [name, ...of(name), ...last(name)]);
      if (names.length > 1) rows.push([t("charts.sum"), ...COLUMNS.map((what) => names.reduce((n, name) => n + (found.gates[name]?.[what] ?? 0), 0)), "–", names.reduce((n, name) => n + (stays.gates[name]?.kept ?? 0), 0)]);
      const linked = (cells) => cells.map((said, i) => (i > 0 && i <= COLUMNS.length && said ? [said, to({kinds: sought(COLUMNS[i - 1]), gate: cells[0] === t("charts.sum") ? "" : cells[0], since: query.since, until: query.until})] : said));
      const room = (row, cell, name) => (name === "open" && cell ? [cell, `#requests?${new URLSearchParams({department: row.department, state: "open"})}`] : cell);
      const cells = (row, linked_) => [department(row.department), ...OF_A_DAY.map((name) => (name === "minutes" ? took(row.minutes) : linked_ ? room(row, row[name], name) : row[name]))];
      desks = day.departments.map((row) => cells(row, false));
      const today = iso(new Date()) === date.value; // «open» is as of the day's end; the room shows how it is now
      fill(place, rows.length ? table(["find.gate", ...COLUMNS.map((name) => [column(name)]), ...MORE.map((key) => [key === "charts.median" ? t("report.wait") : t(key)])], rows.map(linked)) : h("p", {class: "note"}, t("charts.none")),
        desks.length > 0 && h("h4", {}, t("report.req")), desks.length > 0 && table(["req.department", ...OF_A_DAY.map((name) => `report.req.${name}`)], day.departments.map((row) => cells(row, today))));
    } catch (refused) {
      fill(place, h("p", {class: "message", role: "alert"}, `${refused.message} ${refused.hint}`));
    }
  };
  const go = (days) => {
    const day = new Date(`${date.value}T12:00`);
    day.setDate(day.getDate() + days);
    date.value = iso(day);
    look();
  };
  date.addEventListener("change", look);
  look();
  const lines = (head, all) => [head, ...all].map((cells) => cells.map((said) => `"${String(said).replaceAll('"', '""')}"`).join(",")).join("\r\n");
  const csv = () => `\ufeff${lines([t("find.gate"), ...COLUMNS.map(column), t("report.wait"), t("charts.kept")], rows)}${desks.length ? `\r\n\r\n${lines([t("req.department"), ...OF_A_DAY.map((name) => t(`report.req.${name}`))], desks)}` : ""}`;
  return h("section", {class: "card report"}, h("h3", {}, t("report")), h("div", {class: "buttons"},
    h("button", {type: "button", class: "soft", onclick: () => go(-1)}, t("report.before")), h("label", {}, t("charts.day"), date),
    h("button", {type: "button", class: "soft", onclick: () => go(1)}, t("report.after")),
    h("button", {type: "button", class: "soft", onclick: () => save(`report-${date.value}.csv`, csv(), "text/csv")}, t("export.as", {form: "CSV"})),
    h("button", {type: "button", class: "soft", onclick: () => print()}, t("report.print"))), place);
}
