// The dictionaries: one file a language, the same keys in both (a test compares them). `t` gives the text of a key.

import {base, languageCookie} from "./env.js";

const LANGUAGES = ["zh-CN", "en"];
let words = {};
let current = "zh-CN";

/** Load the language that was chosen on this tablet, else Chinese: whatever a tablet's own menus speak, its guards read Chinese. */
export async function load(wanted = languageCookie() || "zh-CN") {
  current = LANGUAGES.find((tag) => wanted.startsWith(tag.slice(0, 2))) || "zh-CN";
  document.cookie = `lang=${current}; path=/; max-age=31536000; SameSite=Strict`; // the gate's own sentences follow it
  const answer = await fetch(`${base}/${current}.json`);
  words = await answer.json();
  document.documentElement.lang = current;
  document.title = t("app.title");
}

/** The words of a room that not everybody loads (zh-CN.tech.json). */
export async function more(room) {
  const answer = await fetch(`${base}/${current}.${room}.json`);
  words = {...words, ...await answer.json()};
}

/** Show the other language from now on, and let the gate's answers be in it. */
export async function other() {
  await load(current === "en" ? "zh-CN" : "en");
}

/** The language shown now. */
export const language = () => current;

/** Whether there is a text under this key. */
export const has = (key) => key in words;

/** The text of `key` with {name} replaced; an unknown key shows itself, so that a test finds it. */
export function t(key, values = {}) {
  const found = words[key];
  if (found === undefined) return `⟦${key}⟧`;
  return found.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** The first of these keys that has a text. */
export function first(keys, values = {}) {
  return t(keys.find(has) ?? keys.at(-1), values);
}
