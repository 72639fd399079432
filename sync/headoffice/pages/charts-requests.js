// Charts of the desks' requests: what is open and overdue, by week, and how departments do.

import {get} from "./api.js";
import {h} from "./dom.js";
import {t} from "./i18n.js";
import {department, names} from "./requests.js";

const date = (ms) => new Date(ms).toLocaleDateString(document.documentElement.lang, {month: "2-digit", day: "2-digit"});
const took = (minutes) => (minutes === null ? "–" : minutes < 120 ? t("req.min", {n: minutes}) : t("req.h", {n: Math.round(minutes / 60)}));
const share = (part, whole) => (whole ? `${Math.round((100 * part) / whole)} % (${part}/${whole})` : "–");

/** Cards of the page of charts; `bars`, `lying`, `table`, `card` are the page's own, `query` what it asks every chart for. */
export async function requestCharts(query, {bars, lying, table, card}) {
  await names();
  const found = await get("/requests/charts", query);
  const sums = new Map();
  for (const row of found.now) sums.set(row.department, (sums.get(row.department) ?? 0) + row.open);
  const open = [...sums].map(([id, n]) => [department(id), n]);
  return [
    card("charts.req.now", lying(open),
      table(["req.department", "find.gate", "charts.req.open", "charts.req.overdue"], found.now.map((row) => [department(row.department), row.gate, row.open, row.overdue ? `⚠ ${row.overdue}` : 0]))),
    card("charts.req.weeks", bars(t("charts.req.weeks"), found.weeks.map((row) => [date(row.week_ms), row.received]), Math.ceil(found.weeks.length / 7)),
      table(["charts.req.week", "charts.req.received", "charts.req.done", "charts.req.overdue", "charts.req.left"], [...found.weeks].reverse().map((row) => [date(row.week_ms), row.received, row.done, row.overdue, row.open]))),
    card("charts.req.departments", lying(found.departments.map((row) => [department(row.department), row.received])),
      table(["req.department", "charts.req.received", "charts.req.done", "charts.req.minutes", "charts.req.satisfied"], found.departments.map((row) => [department(row.department), row.received, row.done, took(row.minutes), share(row.satisfied, row.asked)]))),
  ];
}
