// The shift leader's view of one shift (D6): lifts by hand by reason, overrides, refusals, cards not back, what is open now.

import {h} from "./dom.js";
import {clock, plate, word} from "./format.js";
import {t} from "./i18n.js";
import {nameOf} from "./names.js";
import {both} from "./visit-words.js";

/** `seen`: GET /duty/overview; `declined`: the reasons for declining a visitor, by code. */
export function overview(seen, now, declined) {
  const why = (reason) => (declined.has(reason) ? both(declined.get(reason)) : known(reason));
  const number = (id, value, label) => h("li", {"data-sum": id}, h("b", {}, String(value)), label);
  const lifts = Object.entries(seen.lifts_by_reason).sort(([, a], [, b]) => b - a);
  const part = (id, title, rows) => (rows.length ? h("section", {class: "duty-part", "data-part": id}, h("h3", {}, title), h("ul", {class: "plain lines"}, rows)) : null);
  const line = (row, ...what) => h("li", {}, h("time", {}, clock(row.at_ms, now, false)), h("span", {}, what), h("small", {}, nameOf(row.actor.replace(/^user:/, ""))));
  return h("div", {class: "overview"}, h("p", {class: "quiet"}, t("overview.since", {at: clock(seen.since_ms, now, false)})),
    h("ul", {class: "sums"}, number("lifts", seen.totals.lifts, t("overview.lifts")), number("overrides", seen.totals.overrides, t("overview.overrides")), number("refusals", seen.totals.refusals, t("overview.refusals")),
      number("cards", seen.cards_out.length, t("overview.cards")), number("requests", seen.known.requests, t("overview.requests")), number("unsent", seen.known.unsent, t("overview.unsent"))),
    part("lifts", t("overview.lifts.by"), lifts.map(([reason, n]) => h("li", {}, h("b", {}, String(n)), h("span", {}, word("reason.open", reason || "other"))))),
    part("overrides", t("overview.overrides"), seen.overrides.map((row) => line(row, t(`overview.kind.${row.kind}`), " ", why(row.reason)))),
    part("cards", t("overview.cards"), seen.cards_out.map((card) => h("li", {}, h("b", {}, card.label || card.card), h("span", {}, t(`card.kind.${card.kind}`), " ", card.plate ? plate(card.plate) : "", " ", t("overview.until", {at: card.until || "—"})), h("small", {}, t("duty.since", {at: clock(card.since_ms, now, false)}))))),
    part("refusals", t("overview.refusals"), seen.refusals.map((row) => line(row, t(`overview.kind.${row.kind}`), " ", why(row.reason)))));
}

/** A reason is a word of one of the families that the page knows, or what somebody typed. */
function known(reason) {
  const found = [word("override", reason), word("reason.open", reason), word("reason.policy", reason), word("may", reason)];
  return found.find((text) => text !== reason) ?? reason;
}
