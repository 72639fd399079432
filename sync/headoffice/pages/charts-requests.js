// Charts of the desks' requests: what is open and overdue, by week and department, and how departments do. What is still open leads to the room that lists it.

import {get} from "./api.js";
import {fill, h} from "./dom.js";
import {card, columns, legend, numbers, table} from "./draw.js";
import {t} from "./i18n.js";
import {department, names} from "./requests.js";

const date = (ms) => new Date(ms).toLocaleDateString(document.documentElement.lang, {month: "2-digit", day: "2-digit"});
export const took = (minutes) => (minutes === null ? "–" : minutes < 120 ? t("req.min", {n: minutes}) : t("req.h", {n: Math.round(minutes / 60)}));
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
    weekly(found),
    card("charts.req.departments", columns(found.departments.map((row) => ({label: department(row.department), values: [row.received, row.done], href: room({department: row.department, gate: query.gate})}))),
      found.departments.length > 0 && legend("charts.req.received", "charts.req.done"),
      table(["req.department", "charts.req.received", "charts.req.done", "charts.req.minutes", "charts.req.late", "charts.req.satisfied"], found.departments.map((row) => [department(row.department), row.received, row.done, took(row.minutes), row.late, share(row.satisfied, row.asked)]))),
  ];
}

/** By week, of all departments or of one: what was left open and overdue, and how long the work took. */
function weekly(found) {
  const of = h("select", {name: "week-department", "aria-label": t("req.department")}, h("option", {value: ""}, t("req.department.all")),
    ...found.departments.map((row) => h("option", {value: row.department}, department(row.department))));
  const place = h("div", {class: "stack"});
  const draw = () => {
    const weeks = found.departments.find((row) => row.department === of.value)?.weeks ?? found.weeks;
    const each = Math.ceil(weeks.length / 7);
    const hours = (row) => (row.minutes ?? 0) / 60;
    fill(place, columns(weeks.map((row) => ({label: date(row.week_ms), values: [row.open, row.overdue]})), {each}),
      weeks.some((row) => row.open || row.overdue) && legend("charts.req.left", "charts.req.overdue"),
      weeks.some((row) => row.minutes) && h("p", {class: "legend"}, t("charts.req.hours")),
      weeks.some((row) => row.minutes) && columns(weeks.map((row) => ({label: date(row.week_ms), values: [hours(row)]})), {each, said: (n) => (n < 10 ? Math.round(n * 10) / 10 : Math.round(n)).toString()}),
      numbers(["charts.req.week", "charts.req.received", "charts.req.done", "charts.req.minutes", "charts.req.overdue", "charts.req.left"], [...weeks].reverse().map((row) => [date(row.week_ms), row.received, row.done, took(row.minutes), row.overdue, row.open])));
  };
  of.addEventListener("change", draw);
  draw();
  return card("charts.req.weeks", found.departments.length > 1 && of, place);
}
