// Charts of the desks' requests: what is open and overdue, by week, and how departments do. What is still open leads to the room that lists it.

import {get} from "./api.js";
import {card, columns, legend, numbers, table} from "./draw.js";
import {t} from "./i18n.js";
import {department, names} from "./requests.js";

const date = (ms) => new Date(ms).toLocaleDateString(document.documentElement.lang, {month: "2-digit", day: "2-digit"});
const took = (minutes) => (minutes === null ? "–" : minutes < 120 ? t("req.min", {n: minutes}) : t("req.h", {n: Math.round(minutes / 60)}));
const share = (part, whole) => (whole ? `${Math.round((100 * part) / whole)} % (${part}/${whole})` : "–");
const room = (asked) => `#requests?${new URLSearchParams(asked)}`;

/** Cards of the page of charts; `query`: what it asks every chart for. */
export async function requestCharts(query) {
  await names();
  const found = await get("/requests/charts", query);
  const sums = new Map();
  for (const row of found.now) {
    const [late, open] = sums.get(row.department) ?? [0, 0];
    sums.set(row.department, [late + row.overdue, open + row.open]);
  }
  return [
    card("charts.req.now", columns([...sums].map(([id, values]) => ({label: department(id), values, href: room({department: id, gate: query.gate, state: "open"})})), {over: true}),
      sums.size > 0 && legend("charts.req.overdue", "charts.req.open"),
      table(["req.department", "find.gate", "charts.req.open", "charts.req.overdue"], found.now.map((row) => [department(row.department), row.gate,
        [row.open, room({department: row.department, gate: row.gate, state: "open"})],
        row.overdue ? [`⚠ ${row.overdue}`, room({department: row.department, gate: row.gate, state: "overdue"})] : 0]))),
    card("charts.req.weeks", columns(found.weeks.map((row) => ({label: date(row.week_ms), values: [row.open, row.overdue]})), {each: Math.ceil(found.weeks.length / 7)}),
      found.weeks.some((row) => row.open || row.overdue) && legend("charts.req.left", "charts.req.overdue"),
      numbers(["charts.req.week", "charts.req.received", "charts.req.done", "charts.req.overdue", "charts.req.left"], [...found.weeks].reverse().map((row) => [date(row.week_ms), row.received, row.done, row.overdue, row.open]))),
    card("charts.req.departments", columns(found.departments.map((row) => ({label: department(row.department), values: [row.received, row.done], href: room({department: row.department, gate: query.gate})}))),
      found.departments.length > 0 && legend("charts.req.received", "charts.req.done"),
      table(["req.department", "charts.req.received", "charts.req.done", "charts.req.minutes", "charts.req.satisfied"], found.departments.map((row) => [department(row.department), row.received, row.done, took(row.minutes), share(row.satisfied, row.asked)]))),
  ];
}
