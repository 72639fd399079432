// Times, ages, plates and names as people read them.

import {h} from "./dom.js";
import {has, language, t} from "./i18n.js";

/** 08:15:30, with the date in front when it is not today. */
export function clock(ms, nowMs = Date.now(), seconds = true) {
  if (!ms) return "—";
  const at = new Date(ms);
  const shown = at.toLocaleTimeString(language(), {hour12: false, hour: "2-digit", minute: "2-digit", ...(seconds ? {second: "2-digit"} : {})});
  if (at.toDateString() === new Date(nowMs).toDateString()) return shown;
  return `${at.toLocaleDateString(language(), {month: "2-digit", day: "2-digit"})} ${shown}`;
}

/** 2.8, from milliseconds. */
export const seconds = (ms) => (ms / 1000).toFixed(1);

/** «3 分钟», «5 小时», «2 天». */
export function span(s) {
  if (s < 60) return t("span.seconds", {n: Math.max(0, Math.floor(s))});
  if (s < 3600) return t("span.minutes", {n: Math.floor(s / 60)});
  if (s < 48 * 3600) return t("span.hours", {n: Math.floor(s / 3600)});
  return t("span.days", {n: Math.floor(s / 86400)});
}

/** A plate as on the car: 粤B·12345 on blue, a new-energy one (eight characters) on green. */
export function plate(value) {
  if (!value) return h("span", {class: "plate none"}, t("plate.none"));
  const kind = value.length === 8 ? "green" : /[警使领]/.test(value) ? "white" : "blue";
  const shown = value.length > 6 ? `${value.slice(0, 2)}·${value.slice(2)}` : value;
  return h("span", {class: `plate ${kind}`, translate: "no"}, shown);
}

/** «周先生», «Mr 周»; without a known title the surname alone is no form of address, so the polite general one. */
export function address({surname = "", title = ""} = {}) {
  const known = {mr: "mr", ms: "ms", 先生: "mr", 女士: "ms", 小姐: "miss"}[title];
  if (!surname) return "";
  return t(`address.${known ?? "any"}`, {surname});
}

/** A word of a family of the dictionary (`phase.up`), or the code itself where a newer gate says one that is not known here. */
export const word = (family, code) => (has(`${family}.${code}`) ? t(`${family}.${code}`) : code);
