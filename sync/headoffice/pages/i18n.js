// The dictionaries: one file a language, the same keys in both (a test compares them).

const base = document.documentElement.dataset.base;
let words = {};
let current = "zh-CN";

export async function load(wanted = localStorage.getItem("office-language") || "zh-CN") {
  current = wanted === "en" ? "en" : "zh-CN";
  localStorage.setItem("office-language", current);
  words = await (await fetch(`${base}/${current}.json`)).json();
  document.documentElement.lang = current;
  document.title = t("app.title");
}

export const other = () => load(current === "en" ? "zh-CN" : "en");
export const language = () => current;
export const has = (key) => key in words;

/** The text of `key` with {name} replaced; an unknown key shows itself, so that a test finds it. */
export function t(key, values = {}) {
  const found = words[key];
  return found === undefined ? `⟦${key}⟧` : found.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** What a kind of event is called; one that the page has no word for by its own name. */
export const kind = (name) => (has(`kind.${name}`) ? t(`kind.${name}`) : name);
/** A value of an event where there is a word for it (`of`: in this sense first). */
export const value = (text, of = "") => (has(`value.${of}-${text}`) ? t(`value.${of}-${text}`) : has(`value.${text}`) ? t(`value.${text}`) : text);
/** A word of another family (field, fault, device, phase, alarm, part), or the code itself. */
export const word = (family, code) => (has(`${family}.${code}`) ? t(`${family}.${code}`) : code);
/** A fault as gates name it, «entry.camera:frozen» or «frozen». */
export function fault(name) {
  const [device, code] = String(name).includes(":") ? String(name).split(":") : ["", String(name)];
  const parts = device.split(".");
  const what = parts.map((part) => word("device", value(part))).join("");
  return [what, word("fault", code)].filter(Boolean).join("：");
}

/** Head office's sentences are «中文 · english». */
export function own(sentence) {
  const parts = String(sentence).split(" · ");
  return parts.length < 2 ? sentence : current === "en" ? parts.slice(1).join(" · ") : parts[0];
}

export const time = (ms) => (ms ? new Date(ms).toLocaleString(current, {hour12: false, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit"}) : "–");

/** «3 min ago», roughly. */
export function ago(ms, now = Date.now()) {
  const s = Math.max(0, Math.round((now - ms) / 1000));
  if (s < 3) return t("ago.now");
  if (s < 90) return t("ago.s", {n: s});
  if (s < 5400) return t("ago.min", {n: Math.round(s / 60)});
  if (s < 129600) return t("ago.h", {n: Math.round(s / 3600)});
  return t("ago.d", {n: Math.round(s / 86400)});
}
