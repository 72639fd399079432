// Charts of waiting times, cards that were not returned, and visits beyond their time.

import {get} from "./api.js";
import {card, columns, legend, numbers, table, to, wide} from "./draw.js";
import {h} from "./dom.js";
import {story} from "./event.js";
import {t, time, value} from "./i18n.js";

const seconds = (ms) => (ms < 0 ? "–" : ms < 60_000 ? t("charts.s", {n: ms < 10_000 ? (ms / 1000).toFixed(1) : Math.round(ms / 1000)}) : t("charts.min", {n: (ms / 60_000).toFixed(ms < 600_000 ? 1 : 0)}));
const short = (ms) => (ms <= 0 ? "0" : ms < 10_000 ? (ms / 1000).toFixed(ms % 1000 ? 1 : 0) : String(Math.round(ms / 1000)));
const date = (ms) => new Date(ms).toLocaleDateString(document.documentElement.lang, {month: "2-digit", day: "2-digit"});
const ASKED = "access.decided,pass.opened,vehicle.crossed";

const FEW = 5; // so few waits are one car's bad luck: in the numbers, but not drawn

export async function waitCharts(query) {
  const found = await get("/charts/waits", query);
  const {since, until, gate} = query;
  const hour = (n) => to({kinds: ASKED, gate, since, until, hour: n});
  const rows = found.hours.map(([cars, median, most], n) => ({label: String(n), values: cars < FEW ? [0, 0] : [median, most], href: hour(n)}));
  const gates = Object.entries(found.gates);
  const other = ["refused", "desk"].filter((name) => found[name][0]).map((name) => t(`charts.waits.${name}`, {n: found[name][0], median: seconds(found[name][1]), most: seconds(found[name][2])}));
  if (!gates.length) return [card("charts.waits", h("p", {class: "note"}, t("charts.none")), ...other.map((said) => h("p", {}, said)))];
  return [card("charts.waits", h("p", {class: "note"}, t("charts.waits.about")), columns(rows, {each: 3, over: true, said: short}), legend("charts.median", "charts.most"),
    ...other.map((said) => h("p", {class: "note"}, said)),
    table(["find.gate", "charts.cars", "charts.median", "charts.most"], gates.map(([name, {all}]) => [[name, to({kinds: ASKED, gate: name, since, until})], all[0], seconds(all[1]), seconds(all[2])])),
    numbers(["charts.hour", "charts.cars", "charts.median", "charts.most", ...gates.length > 1 ? gates.map(([name]) => [t("charts.median.of", {gate: name})]) : []],
      found.hours.map(([n, median, most], at) => [[`${at}:00`, hour(at)], n, seconds(median), seconds(most), ...gates.length > 1 ? gates.map(([, {hours}]) => seconds(hours[at][1])) : []]))),
  card("charts.waits.days", columns(found.days.map((row) => ({label: date(row.day_ms), values: [Math.max(0, row.all[1]), Math.max(0, row.all[2])], href: to({kinds: ASKED, gate, since: row.day_ms, until: row.day_ms + 86_400_000})})), {each: Math.ceil(found.days.length / 7), over: true, said: short}), legend("charts.median", "charts.most"),
    numbers(["charts.day", "charts.cars", "charts.median", "charts.most"], [...found.days].reverse().map((row) => [[date(row.day_ms), to({kinds: ASKED, gate, since: row.day_ms, until: row.day_ms + 86_400_000})], row.all[0], seconds(row.all[1]), seconds(row.all[2])])))];
}

const late = (row) => (row.late ? h("span", {class: "chip", "data-tone": "stop"}, t("charts.late")) : "");
const whole = (row, visit, me) => (visit ? h("button", {type: "button", class: "soft", onclick: () => story(t("story.visit"), {gate: row.gate, visit}, me)}, t("charts.story")) : h("a", {class: "soft", href: to({text: row.label || row.card, sort: "card", gate: row.gate})}, t("charts.story")));

export async function stayCharts(query, me) {
  const found = await get("/charts/stays", query);
  const {gate} = query;
  const each = Math.ceil(found.days.length / 7);
  const day = (row, kinds) => to({kinds, gate, since: row.day_ms, until: row.day_ms + 86_400_000});
  const more = (list, n) => n > list.length && h("p", {class: "note"}, t("charts.more", {n: n - list.length}));
  return [card("charts.cards", h("p", {class: "whole"}, t("charts.cards.now", {n: found.out, late: found.late})),
    columns(found.days.map((row) => ({label: date(row.day_ms), values: [row.kept ?? 0], href: day(row, "card.issued,card.returned,card.lost")})), {each}),
    numbers(["charts.day", "charts.kept", "charts.lost"], [...found.days].reverse().map((row) => [[date(row.day_ms), day(row, "card.issued,card.returned,card.lost")], row.kept ?? 0, row.lost ?? 0]))),
  found.cards.length > 0 && wide("charts.cards.list", table(["find.gate", "charts.card", "charts.card.kind", "charts.plate", "charts.since", "charts.until", "charts.state", "charts.story"],
      found.cards.map((row) => [row.gate, row.label || row.card, value(row.kind, "card"), row.plate || "–", time(row.began_ms), row.until || "–", late(row), whole(row, row.visit, me)])),
    more(found.cards, found.out)),
  card("charts.shifts", found.handovers.length ? columns([...found.handovers].reverse().slice(-30).map((row) => ({label: date(row.at_ms), values: [Math.max(0, row.known)], href: to({kinds: "shift.handed_over", gate: row.gate, since: row.at_ms - 1000, until: row.at_ms + 1000})})), {each: Math.ceil(Math.min(30, found.handovers.length) / 7)}) : h("p", {class: "note"}, t("charts.none")),
    found.handovers.length > 0 && numbers(["charts.since", "find.gate", "charts.known", "charts.counted", "charts.blocked"], found.handovers.map((row) => [[time(row.at_ms), to({kinds: "shift.handed_over", gate: row.gate, since: row.at_ms - 1000, until: row.at_ms + 1000})], row.gate, row.known < 0 ? "–" : row.known, row.counted < 0 ? "–" : row.counted, row.blocked]))),
  card("charts.over", h("p", {class: "whole"}, t("charts.over.now", {n: found.over, inside: found.inside})),
    columns(found.days.map((row) => ({label: date(row.day_ms), values: [row.foot ?? 0, row.vehicle ?? 0], href: day(row, "visit.overstayed")})), {each}), legend("charts.foot", "charts.vehicle"),
    numbers(["charts.day", "charts.foot", "charts.vehicle"], [...found.days].reverse().map((row) => [[date(row.day_ms), day(row, "visit.overstayed")], row.foot ?? 0, row.vehicle ?? 0]))),
  found.visits.length > 0 && wide("charts.over.list", table(["find.gate", "charts.visit.kind", "find.sort.unit", "charts.plate", "charts.since", "charts.due", "charts.story"],
      found.visits.map((row) => [row.gate, value(row.kind, "visit"), row.unit || "–", row.plate || "–", time(row.began_ms), time(row.due_ms), whole(row, row.seq, me)])),
    more(found.visits, found.over))];
}
