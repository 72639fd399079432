// How charts are drawn: SVG of our own. Two series differ by being filled or hatched, not by colour alone; the numbers stand in a table beneath, where keyboard and screen reader find
// them with the same links that a bar has.

import {h} from "./dom.js";
import {t} from "./i18n.js";

const W = 420;
const H = 176;
const LEFT = 46;
const FOOT = 24;
const NS = "http://www.w3.org/2000/svg";

function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined && value !== false) element.setAttribute(name, String(value));
  element.append(...children.flat().filter((child) => child !== undefined && child !== false));
  return element;
}

/** Where a bar leads: the search that shows the events behind it. */
export const to = (query) => `#find?${new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "" && value !== undefined))}`;

/** A scale's end that people can read. */
function nice(most) {
  const ten = 10 ** Math.floor(Math.log10(Math.max(1, most)));
  return ten * [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((n) => n * ten >= most);
}

const nothing = () => h("p", {class: "note"}, t("charts.none"));

/** Columns: rows of {label, values: [first, second?], href?}; `over`: the second is drawn around the first, else beside it; `said`: how a number is written. */
export function columns(rows, {each = 1, over = false, said = String} = {}) {
  if (!rows.some((row) => row.values.some((n) => n > 0))) return nothing();
  const top = nice(Math.max(1, ...rows.flatMap((row) => row.values)));
  const step = Math.min(70, (W - LEFT) / Math.max(1, rows.length));
  const y = (n) => H - FOOT - (n / top) * (H - FOOT - 18);
  const bar = (name, x, width, n) => s("rect", {class: name, x, width: Math.max(1, width), y: y(n), height: Math.max(0, H - FOOT - y(n))});
  const marks = [0, 0.5, 1].flatMap((part) => [
    s("line", {class: "grid", x1: LEFT, x2: W, y1: y(top * part), y2: y(top * part)}),
    s("text", {x: LEFT - 6, y: y(top * part) + 4, "text-anchor": "end"}, said(top * part))]);
  const drawn = rows.map((row, i) => {
    const [first, second] = row.values;
    const x = LEFT + i * step + 1;
    const half = second === undefined || over ? step - 2 : (step - 3) / 2;
    const beside = !over && second !== undefined;
    const number = said(Math.max(first, over ? second ?? 0 : 0));
    const top_ = (n, text, middle, width) => (n > 0 && text.length * 6.5 < width ? s("text", {class: "n", x: middle, y: y(n) - 4, "text-anchor": "middle"}, text) : undefined);
    const made = s(row.href ? "a" : "g", {href: row.href, tabindex: row.href ? -1 : undefined},
      s("title", {}, `${row.label}: ${row.values.map(said).join(" · ")}`),
      s("rect", {class: "hit", x, width: step - 1, y: 8, height: H - FOOT - 8}),
      over && second ? bar("bar-b", x, half, second) : undefined,
      bar("bar-a", over ? x + half / 5 : x, over ? half * 0.6 : half, first),
      !over && second !== undefined ? bar("bar-b", x + half + 1, half, second) : undefined,
      ...beside ? [top_(first, said(first), x + half / 2, half), top_(second, said(second), x + half * 1.5 + 1, half)] : [top_(Math.max(...row.values), number, x + (step - 2) / 2, step)]);
    return [made, i % each === 0 && label(x + step / 2 - 1, row.label)];
  });
  return s("svg", {viewBox: `0 0 ${W} ${H}`, class: "chart", "aria-hidden": "true"}, ...marks, ...drawn.flat());
}

/** Under its bar, and whole at the edge. */
function label(x, text) {
  const half = String(text).length * 3.6;
  return s("text", {x: Math.min(x, W - half), y: H - 8, "text-anchor": "middle"}, text);
}

/** One series of bars: [[label, number, href?], …]; every `each`-th label is written. */
export const bars = (title, values, each = 1) => columns(values.map(([text, n, href]) => ({label: String(text), values: [n], href})), {each});

/** Bars that lie, for names: [[name, number, href?], …]. */
export function lying(rows) {
  if (!rows.some(([, n]) => n > 0)) return nothing();
  const most = Math.max(1, ...rows.map(([, n]) => n));
  return h("ol", {class: "lying"}, ...rows.map(([name, n, href]) => h("li", {},
    h("span", {class: "name"}, href ? h("a", {href}, name) : name),
    h("progress", {max: most, value: n, "aria-label": name}), h("span", {class: "n"}, String(n)))));
}

export const legend = (...keys) => h("p", {class: "legend"}, ...keys.map((key, i) => h("span", {class: i ? "key-b" : "key-a"}, t(key))));

const cell = (said) => (Array.isArray(said) ? h("a", {href: said[1]}, String(said[0])) : said instanceof Node ? said : String(said));

/** Rows of texts, numbers, [text, href] or elements under keys of the dictionary (or texts of their own, in an array). */
export const table = (head, rows) => rows.length > 0 && h("div", {class: "scroll", tabindex: 0}, h("table", {},
  h("thead", {}, h("tr", {}, ...head.map((key) => h("th", {scope: "col"}, Array.isArray(key) ? key[0] : t(key))))),
  h("tbody", {}, ...rows.map((cells) => h("tr", {}, ...cells.map((said, i) => (i ? h("td", {}, cell(said)) : h("th", {scope: "row"}, cell(said)))))))));

/** The same, folded away under «numbers». */
export const numbers = (head, rows) => h("details", {}, h("summary", {}, t("charts.numbers")), table(head, rows));

/** Gates by hours as a table whose cells are shaded: [[name, [24 numbers]], …]; `href(name, hour)`. */
export function grid(rows, href) {
  const most = Math.max(1, ...rows.flatMap(([, of]) => of));
  const shade = (n) => (n ? `l${Math.min(4, Math.ceil((n / most) * 4))}` : "l0");
  return h("div", {class: "scroll", tabindex: 0}, h("table", {class: "heat"},
    h("thead", {}, h("tr", {}, h("th", {scope: "col"}, t("find.gate")), ...Array.from({length: 24}, (_, hour) => h("th", {scope: "col"}, String(hour))), h("th", {scope: "col"}, t("charts.sum")))),
    h("tbody", {}, ...rows.map(([name, of]) => h("tr", {}, h("th", {scope: "row"}, name),
      ...of.map((n, hour) => h("td", {class: shade(n)}, n ? h("a", {href: href(name, hour)}, String(n)) : "")),
      h("td", {class: "sum"}, String(of.reduce((a, b) => a + b, 0))))))));
}

export const card = (key, ...content) => h("section", {class: "card"}, h("h3", {}, t(key)), ...content);

/** The same, over the whole width: for tables. */
export const wide = (key, ...content) => h("section", {class: "card wide"}, h("h3", {}, t(key)), ...content);
