// A day of each gate, counted; to be printed, or saved as CSV.

import {get} from "./api.js";
import {table, to} from "./draw.js";
import {fill, h, save} from "./dom.js";
import {kind, t, value} from "./i18n.js";

const COLUMNS = ["vehicle.crossed", "access.decided granted", "access.decided refused", "access.decided ask", "pass.opened", "vehicle.tailgated", "visit.opened", "visit.overstayed", "card.lost", "request.received", "request.overdue", "fault.began"];
const MORE = ["charts.median", "charts.kept"];
const column = (name) => name.split(" ").map((part, i) => (i ? value(part) : kind(part))).join(" ");
const sought = (name) => { const [of, how] = name.split(" "); return how && how !== "granted" ? `${of}.${how}` : of; };
const iso = (day) => new Date(day - day.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);

export function report() {
  const date = h("input", {type: "date", value: iso(new Date()), max: iso(new Date())});
  const place = h("div");
  let rows = [];
  const look = async () => {
    const since = new Date(`${date.value}T00:00`).getTime();
    if (!since) return;
    const next = new Date(since);
    next.setDate(next.getDate() + 1);
    const query = {since, until: next.getTime(), east: String(-new Date(since).getTimezoneOffset())};
    try {
      const [found, waits, stays] = await Promise.all([get("/report", query), get("/charts/waits", query), get("/charts/stays", query)]);
      const names = [...new Set([...Object.keys(found.gates), ...Object.keys(stays.gates)])].sort();
      const of = (name) => COLUMNS.map((what) => found.gates[name]?.[what] ?? 0);
      const last = (name) => [waits.gates[name] ? (waits.gates[name].all[1] / 1000).toFixed(1) : "–", stays.gates[name]?.kept ?? 0];
      rows = names.map((name) => [name, ...of(name), ...last(name)]);
      if (names.length > 1) rows.push([t("charts.sum"), ...COLUMNS.map((what) => names.reduce((n, name) => n + (found.gates[name]?.[what] ?? 0), 0)), "–", names.reduce((n, name) => n + (stays.gates[name]?.kept ?? 0), 0)]);
      const linked = (cells) => cells.map((said, i) => (i > 0 && i <= COLUMNS.length && said ? [said, to({kinds: sought(COLUMNS[i - 1]), gate: cells[0] === t("charts.sum") ? "" : cells[0], since: query.since, until: query.until})] : said));
      fill(place, rows.length ? table(["find.gate", ...COLUMNS.map((name) => [column(name)]), ...MORE.map((key) => [key === "charts.median" ? t("report.wait") : t(key)])], rows.map(linked)) : h("p", {class: "note"}, t("charts.none")));
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
  const csv = () => "\ufeff" + [[t("find.gate"), ...COLUMNS.map(column), t("report.wait"), t("charts.kept")], ...rows].map((cells) => cells.map((said) => `"${String(said).replaceAll('"', '""')}"`).join(",")).join("\r\n");
  return h("section", {class: "card report"}, h("h3", {}, t("report")), h("div", {class: "buttons"},
    h("button", {type: "button", class: "soft", onclick: () => go(-1)}, t("report.before")), h("label", {}, t("charts.day"), date),
    h("button", {type: "button", class: "soft", onclick: () => go(1)}, t("report.after")),
    h("button", {type: "button", class: "soft", onclick: () => save(`report-${date.value}.csv`, csv(), "text/csv")}, t("export.as", {form: "CSV"})),
    h("button", {type: "button", class: "soft", onclick: () => print()}, t("report.print"))), place);
}
