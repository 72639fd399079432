// Leaving: what has to come back first, each with its button; and closing without it only with a reason, on record.

import {h} from "./dom.js";
import {clock} from "./format.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";
import {truckAt} from "./truck.js";
import {passages} from "./visit-passages.js";
import {both} from "./visit-words.js";

const OVERRIDES = ["card-lost", "left-without-document", "left-unseen", "other"];

/** The list of what is settled and what is not, and the buttons. `documents`: kinds by name; `press(path, body)`; `quiet()`: what was objected is answered; `truck`: its load is looked into. */
export function leaving(visit, documents, press, quiet, truck = false) {
  const rows = [...visit.documents.filter((paper) => paper.how === "held").map((paper) => documentRow(paper, documents, press)), ...visit.cards.map((card) => cardRow(card, visit, press))];
  if (truck && visit.state === "admitted") rows.push(loadRow());
  const settled = visit.outstanding.length === 0;
  const reasons = h("div", {class: "answers override", hidden: true, role: "group", "aria-label": t("desk.override.why")}, h("h3", {class: "wide"}, t("desk.override.why")),
    OVERRIDES.map((reason) => h("button", {type: "button", class: "answer", "data-tone": "stop", "data-override": reason, onclick: () => press("close", {override: reason})}, t(`override.${reason}`))));
  const buttons = h("div", {class: "answers", hidden: visit.state === "closed"},
    h("button", {type: "button", class: "answer", "data-answer": "close", "data-tone": settled ? "go" : "stop", onclick: () => press("close", {override: ""})}, t("desk.close")),
    settled ? null : h("button", {type: "button", class: "answer", "data-answer": "override", "data-tone": "stop", onclick: () => { quiet(); buttons.hidden = true; reasons.hidden = false; reasons.querySelector("button").focus({preventScroll: true}); }}, t("desk.override")));
  return h("div", {class: "leave"}, visit.mode === "vehicle" ? passages(visit) : null, rows.length ? h("ul", {class: "owing"}, rows) : null, buttons, reasons);
}

/** G2: before a truck leaves, its load space is looked into. */
function loadRow() {
  return h("li", {"data-owed": "load"}, icon("box"), h("div", {}, t("owed.load"), h("small", {}, t("leave.load"))),
    h("div", {class: "does"}, h("button", {type: "button", class: "answer", "data-answer": "check-load", onclick: () => truckAt("")}, t("leave.load.do"))));
}

function documentRow(paper, documents, press) {
  const kind = both(documents[paper.kind] ?? {zh: paper.kind, en: paper.kind});
  const name = `${kind} ${paper.number}`;
  if (paper.returned_ms) return done(t("desk.returned", {name, at: clock(paper.returned_ms, undefined, false)}));
  return h("li", {"data-owed": "document"}, icon("book"), h("div", {}, `${kind} · ${t("desk.in-slot", {slot: paper.slot})}`, h("small", {}, t("desk.held", {number: paper.number, at: clock(paper.since_ms, undefined, false)}))),
    h("div", {class: "does"}, h("button", {type: "button", class: "answer", "data-answer": "return-document", "data-tone": "go", onclick: () => press("document/return", {to: "owner"})}, t("desk.return"))));
}

function cardRow(card, visit, press) {
  const name = t("desk.card", {label: card.label || card.card});
  if (card.state !== "issued") return done(t(`desk.card.${card.state}`, {name}));
  return h("li", {"data-owed": "card"}, icon("keys"), h("div", {}, name, h("small", {}, t("desk.out.since", {at: clock(card.since_ms, undefined, false)}))),
    h("div", {class: "does"}, h("button", {type: "button", class: "answer", "data-answer": "take-back", "data-tone": "go", onclick: () => press("card/return", {})}, t("desk.take-back"))));
}

const done = (words) => h("li", {class: "settled"}, icon("ok"), h("div", {}, words), h("span", {}));
