// Charts, drawn here as SVG: bars with their numbers in a title and, for whoever does not see them, in a table below.

import {get} from "./api.js";
import {fill, h, save} from "./dom.js";
import {requestCharts} from "./charts-requests.js";
import {kind, t, value} from "./i18n.js";

const W = 420;
const H = 170;
const LEFT = 44;
const DAYS = [1, 7, 31, 366];

/** One series of bars: [[label, number], …]; every `each`-th label is written. */
function bars(title, values, each = 1) {
  const most = Math.max(1, ...values.map(([, n]) => n));
  const step = Math.min(70, (W - LEFT) / Math.max(1, values.length));
  const y = (n) => H - 24 - (n / most) * (H - 44);
  return h("svg", {viewBox: `0 0 ${W} ${H}`, class: "chart", role: "img", "aria-label": title},
    ...[0, 0.5, 1].flatMap((part) => [
      h("line", {class: "grid", x1: LEFT, x2: W, y1: y(most * part), y2: y(most * part)}),
      h("text", {x: LEFT - 6, y: y(most * part) + 4, "text-anchor": "end"}, String(Math.round(most * part)))]),
    ...values.flatMap(([label, n], i) => [
      h("rect", {class: "bar-a", x: LEFT + i * step + 1, width: Math.max(1, step - 2), y: y(n), height: H - 24 - y(n)}, h("title", {}, `${label}: ${n}`)),
      i % each === 0 && h("text", {x: LEFT + (i + 0.5) * step, y: H - 8, "text-anchor": "middle"}, String(label))].filter(Boolean)));
}

const table = (head, rows) => h("div", {class: "scroll"}, h("table", {}, h("thead", {}, h("tr", {}, ...head.map((key) => h("th", {}, t(key))))), h("tbody", {}, ...rows.map((cells) => h("tr", {}, ...cells.map((cell) => h("td", {}, String(cell))))))));

const COLUMNS = ["vehicle.crossed", "access.decided granted", "access.decided refused", "access.decided ask", "pass.opened", "vehicle.tailgated", "visit.opened", "visit.overstayed", "card.lost", "request.received", "request.overdue", "fault.began"];
const column = (name) => name.split(" ").map((part, i) => (i ? value(part) : kind(part))).join(" ");

/** A day of each gate, counted; to be saved as CSV. */
function report() {
  const today = new Date();
  const date = h("input", {type: "date", value: new Date(today - today.getTimezoneOffset() * 60_000).toISOString().slice(0, 10)});
  const place = h("div", {class: "scroll"});
  let rows = [];
  const look = async () => {
    const since = new Date(`${date.value}T00:00`).getTime();
    if (!since) return;
    try {
      const found = await get("/report", {since, until: since + 86_400_000});
      rows = Object.entries(found.gates).sort().map(([gate, of]) => [gate, ...COLUMNS.map((name) => of[name] ?? 0)]);
      fill(place, h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, t("find.gate")), ...COLUMNS.map((name) => h("th", {}, column(name))))),
        h("tbody", {}, ...rows.map((cells) => h("tr", {}, ...cells.map((cell) => h("td", {}, String(cell))))))));
    } catch (refused) {
      fill(place, h("p", {class: "message", role: "alert"}, `${refused.message} ${refused.hint}`));
    }
  };
  date.addEventListener("change", look);
  look();
  const csv = () => "\ufeff" + [[t("find.gate"), ...COLUMNS.map(column)], ...rows].map((cells) => cells.map((cell) => `"${String(cell).replaceAll('"', '""')}"`).join(",")).join("\r\n");
  return h("section", {class: "card"}, h("h3", {}, t("report")), h("div", {class: "buttons"}, h("label", {}, t("charts.day"), date),
    h("button", {type: "button", class: "soft", onclick: () => save(`report-${date.value}.csv`, csv(), "text/csv")}, t("export.as", {form: "CSV"}))), place);
}

export function charts(main) {
  const days = h("select", {name: "days"}, ...DAYS.map((n) => h("option", {value: n, selected: n === 7}, t("charts.days.n", {n}))));
  const gate = h("select", {name: "gate"}, h("option", {value: ""}, t("find.gate.all")));
  const place = h("div", {class: "gates"});
  const look = async () => {
    const until = Date.now();
    try {
      const query = {since: until - days.value * 86_400_000, until, gate: gate.value, east: -new Date().getTimezoneOffset()};
      const found = await get("/charts", query);
      const hours = Object.entries(found.hours);
      const sums = Array.from({length: 24}, (_, hour) => [hour, hours.reduce((n, [, of]) => n + of[hour], 0)]);
      const day = (row) => new Date(row.day_ms).toLocaleDateString(document.documentElement.lang, {month: "2-digit", day: "2-digit"});
      const hands = Object.entries(found.hands).map(([guard, of]) => [guard, Object.values(of).reduce((a, b) => a + b, 0), of]);
      const card = (key, ...content) => h("section", {class: "card"}, h("h3", {}, t(key)), ...content);
      fill(place,
        card("charts.hours", bars(t("charts.hours"), sums, 3), table(["find.gate", "charts.crossed"], hours.map(([name, of]) => [name, of.reduce((a, b) => a + b, 0)]))),
        card("charts.days", bars(t("charts.days"), found.days.map((row) => [day(row), row.crossed ?? 0]), Math.ceil(found.days.length / 7)),
          table(["charts.day", "charts.crossed", "charts.refused", "charts.tailgated"], found.days.slice(-31).reverse().map((row) => [day(row), row.crossed ?? 0, row.refused ?? 0, row.tailgated ?? 0]))),
        card("charts.hands", bars(t("charts.hands"), hands.slice(0, 20).map(([guard, n]) => [guard, n])),
          table(["find.who", "charts.openings", "charts.reasons"], hands.map(([guard, n, of]) => [guard, n, Object.entries(of).map(([reason, m]) => `${reason ? value(reason) : "–"} ${m}`).join("，")]))));
      place.append(...await requestCharts(query, {bars, table, card}));
    } catch (refused) {
      fill(place, h("p", {class: "message", role: "alert"}, `${refused.message} ${refused.hint}`));
    }
  };
  for (const field of [days, gate]) field.addEventListener("change", look);
  get("/gates").then((found) => gate.append(...found.gates.map((g) => h("option", {value: g.gate}, g.gate)))).catch(() => {});
  fill(main, h("h2", {}, t("room.charts")), h("div", {class: "ask card buttons"}, h("label", {}, t("charts.span"), days), h("label", {}, t("find.gate"), gate)), place, report());
  look();
  return () => {};
}
