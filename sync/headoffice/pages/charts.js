// The room of charts: what is asked for, and the cards one after another as their figures come.

import {get} from "./api.js";
import {requestCharts} from "./charts-requests.js";
import {stayCharts, waitCharts} from "./charts-stays.js";
import {fill, h} from "./dom.js";
import {bars, card, columns, grid, legend, lying, numbers, to, wide} from "./draw.js";
import {t, value} from "./i18n.js";
import {report} from "./report.js";

const DAYS = [1, 7, 31, 366];
const date = (ms) => new Date(ms).toLocaleDateString(document.documentElement.lang, {month: "2-digit", day: "2-digit"});
const sum = (numbers_) => numbers_.reduce((a, b) => a + b, 0);

async function passCharts(query) {
  const found = await get("/charts", query);
  const {since, until, gate} = query;
  const hours = Object.entries(found.hours);
  const sums = Array.from({length: 24}, (_, hour) => sum(hours.map(([, of]) => of[hour])));
  const at = (name, hour) => to({kinds: "vehicle.crossed", gate: name, since, until, hour});
  const day = (row, kinds) => to({kinds, gate, since: row.day_ms, until: row.day_ms + 86_400_000});
  const hands = Object.entries(found.hands).map(([guard, of]) => [guard, sum(Object.values(of)), of]);
  const reasons = [...new Set(hands.flatMap(([, , of]) => Object.keys(of)))].sort((a, b) => sum(hands.map(([, , of]) => of[b] ?? 0)) - sum(hands.map(([, , of]) => of[a] ?? 0)));
  const opened = (guard, reason) => to({kinds: reason ? `pass.opened.${reason}` : "pass.opened", who: guard, gate, since, until});
  const none = h("p", {class: "note"}, t("charts.none"));
  return [found.behind > 0 && h("p", {class: "note", role: "status"}, t("charts.behind", {n: found.behind})),
    card("charts.hours", hours.length ? bars(t("charts.hours"), sums.map((n, hour) => [hour, n, at(gate, hour)]), 3) : none),
    card("charts.days", columns(found.days.map((row) => ({label: date(row.day_ms), values: [row.crossed ?? 0, row.refused ?? 0], href: day(row, "vehicle.crossed,access.decided.refused")})), {each: Math.ceil(found.days.length / 7)}), legend("charts.crossed", "charts.refused"),
      numbers(["charts.day", "charts.crossed", "charts.refused", "charts.tailgated"], [...found.days].reverse().map((row) => [date(row.day_ms), [row.crossed ?? 0, day(row, "vehicle.crossed")], [row.refused ?? 0, day(row, "access.decided.refused")], [row.tailgated ?? 0, day(row, "vehicle.tailgated")]]))),
    card("charts.hands", hands.length ? lying(hands.slice(0, 20).map(([guard, n]) => [guard, n, opened(guard)])) : none.cloneNode(true),
      hands.length > 0 && numbers(["find.who", "charts.sum", ...reasons.map((reason) => [reason ? value(reason) : "–"])],
        hands.map(([guard, n, of]) => [guard, [n, opened(guard)], ...reasons.map((reason) => (of[reason] ? [of[reason], opened(guard, reason)] : ""))]))),
    hours.length > 0 && wide("charts.grid", grid(hours, at))];
}

/** The cards, in this order; each comes when its figures are there, and one that fails says so in its own place. */
const PARTS = [passCharts, waitCharts, stayCharts, requestCharts];

export function charts(main, me, asked = {}) {
  const chosen = DAYS.includes(Number(asked.days)) ? Number(asked.days) : 7;
  const days = h("select", {name: "days"}, ...DAYS.map((n) => h("option", {value: n, selected: n === chosen}, t(n === 1 ? "charts.today" : "charts.days.n", {n}))));
  const gate = h("select", {name: "gate"}, h("option", {value: ""}, t("find.gate.all")), asked.gate && h("option", {value: asked.gate, selected: true}, asked.gate));
  const place = h("div", {class: "charts"});
  const look = () => {
    const until = Date.now();
    const first = new Date(until);
    first.setHours(0, 0, 0, 0);
    first.setDate(first.getDate() - (days.value - 1));
    const query = {since: first.getTime(), until, gate: gate.value, east: String(-new Date().getTimezoneOffset())};
    fill(place, ...PARTS.map((part) => {
      const slot = h("div", {class: "slot", "aria-busy": "true"}, h("p", {class: "note"}, t("find.busy")));
      part(query, me)
        .then((made) => slot.replaceWith(...made.filter(Boolean)))
        .catch((refused) => fill(slot, h("p", {class: "message", role: "alert"}, `${refused.message} ${refused.hint ?? ""}`)));
      return slot;
    }));
  };
  for (const field of [days, gate]) {
    field.addEventListener("change", () => {
      history.replaceState(null, "", `#charts?${new URLSearchParams({days: days.value, gate: gate.value})}`); // «back» from a search comes to the same charts
      look();
    });
  }
  get("/gates").then((found) => gate.append(...found.gates.filter((g) => g.gate !== asked.gate).map((g) => h("option", {value: g.gate}, g.gate)))).catch(() => {});
  fill(main, h("h2", {}, t("room.charts")), h("div", {class: "ask card buttons"}, h("label", {}, t("charts.span"), days), h("label", {}, t("find.gate"), gate)), place, report());
  look();
  return () => {};
}
