// The watch list, for shift leaders: whom to look out for, and why.

import {get, inWords, post} from "./api.js";
import {dialog, fill, h, text} from "./dom.js";
import {plate} from "./format.js";
import {t} from "./i18n.js";
import {fieldName} from "./visit-words.js";

/** What stands in the journal for an entry of head office's list, which nobody here changes. */
const OFFICE = "headoffice:registry";

const FIELDS = ["name", "number", "plate", "phone"];

export async function showWatchList() {
  const body = h("div", {class: "expect-form"});
  dialog(t("watch.title"), t("dialog.close"), body);
  const message = h("p", {class: "visit-message", role: "alert"});
  const say = (error) => text(message, inWords(error));
  const input = (id, more = {}) => h("input", {name: `watch-${id}`, maxlength: 100, autocomplete: "off", ...more});
  const inputs = {...Object.fromEntries(FIELDS.map((id) => [id, input(id)])), reason: input("reason", {"aria-required": "true"}), until: input("until", {type: "date"})};
  const label = (id) => (id === "reason" ? t("watch.reason") : id === "until" ? t("watch.until") : id === "number" ? t("field.document") : fieldName(id));
  const list = h("div", {});
  const load = async () => {
    const found = await get("/watch").catch((error) => { say(error); return null; });
    if (!found) return;
    fill(list, found.rows.length ? found.rows.map((row) => h("div", {class: "notice-row", "data-entry": row.entry}, h("div", {}, h("b", {}, [row.name, row.phone].filter(Boolean).join(" · ") || (row.number ? t("watch.by.number") : "")), " ", row.plate ? plate(row.plate) : null, h("br"), row.reason, row.until ? ` · ${t("watch.until")} ${row.until}` : ""),
      row.added_by.startsWith(OFFICE) ? h("small", {class: "office"}, t("office.entry")) : h("button", {type: "button", onclick: () => post(`/watch/${row.entry}/remove`, {why: ""}).then(load, say)}, t("watch.remove")))) : h("p", {class: "empty"}, t("watch.none")));
  };
  const add = async (event) => {
    event.preventDefault();
    try {
      await post("/watch", Object.fromEntries(Object.entries(inputs).map(([id, field]) => [id, field.value.trim()])));
      for (const field of Object.values(inputs)) field.value = "";
      text(message, "");
      await load();
    } catch (error) {
      say(error);
    }
  };
  fill(body, h("p", {}, t("watch.note")), h("form", {class: "visit-form", onsubmit: add}, Object.entries(inputs).map(([id, field]) => h("label", {}, h("span", {}, label(id)), field)),
    h("button", {type: "submit", class: "answer", "data-answer": "watch-add", "data-tone": "go"}, t("watch.add"))), message, list);
  await load();
}
