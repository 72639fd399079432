// The registry's words: what is wrong with a row, and, on an English page, columns and cells in English (lists are kept in Chinese).

import {get} from "./api.js";
import {h} from "./dom.js";
import {language, t} from "./i18n.js";

/** One thing to correct, with what to do. `label`: what the column is called here; otherwise as the table calls it. */
export function problem(p, label) {
  if (typeof p === "string") return h("li", {}, p); // of a draft of an earlier version
  const where = [p.row > 0 && t("bad.row", {n: p.row}), label || p.column, p.value && t("bad.value", {value: p.value})].filter(Boolean);
  return h("li", {}, where.length > 0 && [h("b", {}, where.join(" ")), t("bad.and")], t(`bad.${p.code}`, p.of), h("span", {class: "note"}, " — ", t(`bad.${p.code}.hint`, p.of)));
}

const known = new Map();
const DAYS = [["周一", "Mon"], ["周二", "Tue"], ["周三", "Wed"], ["周四", "Thu"], ["周五", "Fri"], ["周六", "Sat"], ["周日", "Sun"], ["节假日", "holidays"], ["至", "–"], ["次日 ", "the next day "], ["；", "; "]];

/** How a list's columns and cells are shown in the language of the page: `{heading(zh), cell(heading, text)}`. */
export async function shown(list) {
  if (language() !== "en") return {heading: (zh) => zh, cell: (_, text) => text};
  if (!known.has(list)) known.set(list, (await get("/registry/form", {list})).columns);
  const columns = new Map(known.get(list).map((column) => [column.zh, column]));
  return {
    heading: (zh) => columns.get(zh)?.en ?? (zh === "时间" ? "hours" : zh),
    cell: (zh, text) => {
      if (list === "schedules" && (zh === "时间" || zh === "星期")) return DAYS.reduce((said, [from, to]) => said.replaceAll(from, to), text);
      const option = columns.get(zh)?.options.find(([value]) => value === text && value !== "");
      return option ? option[2] : text;
    },
  };
}
