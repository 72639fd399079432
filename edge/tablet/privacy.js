// Privacy, for the shift leader: how long what is kept, where a person is named, erase on request, keep for a matter (保全).

import {get, inWords, post} from "./api.js";
import {dialog, fill, h, text} from "./dom.js";
import {clock, word} from "./format.js";
import {t} from "./i18n.js";

const table = (heads, rows) => h("table", {class: "rows-table"}, h("thead", {}, h("tr", {}, heads.map((name) => h("th", {scope: "col"}, name)))),
  h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell))))));

/** The dialog. */
export async function showPrivacy() {
  const state = h("div", {});
  const found = h("div", {role: "status"});
  const message = h("p", {class: "message", role: "alert"});
  const words = h("input", {type: "search", name: "person", maxlength: 60, autocomplete: "off", required: true, minlength: 2, "aria-label": t("privacy.find"), placeholder: t("privacy.find")});
  const say = (error) => text(message, error ? inWords(error) : "");

  const draw = async () => {
    const now = await get("/privacy").catch((error) => { say(error); return null; });
    if (!now) return;
    fill(state, table([t("privacy.group"), t("privacy.days"), t("privacy.ran"), t("privacy.erased"), t("privacy.waiting")], now.groups.map((row) => [
      word("privacy.group", row.group), t("privacy.n-days", {n: row.days}), row.ran_ms ? clock(row.ran_ms) : t("privacy.not-yet"), String(row.erased), String(row.waiting)])),
    now.kept.length ? [h("h3", {}, t("privacy.kept")), table([t("privacy.about"), t("privacy.reason"), t("privacy.since"), ""], now.kept.map((row) => [
      String(row.about), row.reason, clock(row.since_ms), h("button", {type: "button", class: "soft", "data-release": row.about, onclick: () => act(row.about, "release", "")}, t("privacy.release"))]))] : null);
  };

  const act = async (about, action, reason) => {
    say(null);
    try {
      await post(`/privacy/${about}/${action}`, action === "release" ? undefined : {reason});
      await Promise.all([draw(), words.value.trim() ? find(t(`privacy.done.${action}`)) : null]);
    } catch (error) {
      say(error);
    }
  };

  /** Both need a reason, typed into the row. */
  const matter = (row) => {
    const reason = h("input", {maxlength: 200, autocomplete: "off", "aria-label": t("privacy.reason"), placeholder: t("privacy.reason.hint")});
    const button = (action) => h("button", {type: "button", class: "soft", "data-privacy": action, onclick: () => act(row.about, action, reason.value)}, t(`privacy.${action}`));
    return h("div", {class: "privacy-act"}, reason, row.in_use ? h("small", {}, t("privacy.in-use")) : button("erase"), button("keep"));
  };

  /** `done`: what was just done, to be said above what is left. */
  const find = async (done = "") => {
    say(null);
    text(found, t("privacy.searching"));
    const rows = await get(`/privacy/find?text=${encodeURIComponent(words.value.trim())}`, {timeout: 120_000}).then((answer) => answer.rows, (error) => { say(error); return null; });
    const matters = new Map((rows ?? []).map((row) => [row.about, row]));
    fill(found, done ? h("p", {class: "told-slot"}, done) : null, !rows ? null : !rows.length ? h("p", {class: "empty"}, t("privacy.none")) : table([t("privacy.about"), t("privacy.when"), t("privacy.named"), ""], [...matters.values()].map((row) => [
      String(row.about), clock(row.at_ms), Object.values(row.fields).join(" · "), matter(row)])));
  };

  dialog(t("privacy.title"), t("dialog.close"), [h("p", {}, t("privacy.note")),
    h("form", {class: "privacy-find", onsubmit: (event) => { event.preventDefault(); find(); }}, words, h("button", {type: "submit", class: "primary"}, t("privacy.search"))), message, found, state]);
  await draw();
}
