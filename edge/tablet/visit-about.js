// What is known of a visit, in the page's words: its facts, its vehicle, the picture of its document.

import {dialog, h} from "./dom.js";
import {clock, word} from "./format.js";
import {t} from "./i18n.js";
import {both, fieldName} from "./visit-words.js";

const FACTS = ["host", "unit", "company", "purpose", "companions", "names", "goods", "place"];

/** What a vehicle can be, for the chips. `known`: GET /visits/kinds. */
export const vehicles = (known) => known.vehicles.map((one) => [one.vehicle, both(one)]);

/** What this visit's vehicle is, where it is one of those. */
export const vehicleOf = (visit, known) => known.vehicles.find((one) => visit.vehicle && [one.vehicle, one.zh, one.en].includes(visit.vehicle));

/** The kinds of documents by name. */
export const papersOf = (known) => Object.fromEntries(known.documents.map((paper) => [paper.kind, paper]));

/** Where somebody was told to go, in words; what a guard has typed as it is. */
function placeOf(visit, known) {
  const place = known.kinds.find((kind) => kind.kind === visit.kind)?.directions.find((one) => one.answer === visit.place);
  return place ? both(place) : visit.place;
}

/** Below the answers. `listed`: documents and cards stand in the list above already. */
export function facts(visit, known, listed) {
  const rows = FACTS.filter((id) => visit[id]).map((id) => [fieldName(id), id === "place" ? placeOf(visit, known) : String(visit[id])]);
  const vehicle = vehicleOf(visit, known);
  if (visit.vehicle) rows.push([fieldName("vehicle"), vehicle ? both(vehicle) : visit.vehicle]);
  const papers = papersOf(known);
  for (const paper of listed ? [] : visit.documents) rows.push([both(papers[paper.kind] ?? {zh: paper.kind, en: paper.kind}), `${paper.number} · ${paper.how === "held" ? t(paper.returned_ms ? "desk.given-back" : "desk.in-slot", {slot: paper.slot}) : t("desk.handed-back")}`]);
  for (const card of listed ? [] : visit.cards) rows.push([t("field.card"), `${card.label || card.card}`]);
  for (const told of visit.notices) rows.push([word("notice.to", told.to), told.acked_ms ? t("notice.acked") : t("notice.waiting")]);
  if (visit.state !== "open") rows.push([t("desk.since"), clock(visit.since_ms, undefined, false)]); // an open one has it in the list
  return h("dl", {class: "visit-facts", tabindex: "0"}, rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

/** The document's picture, where this person may see it; each look is on record. */
export function paperButton(visit) {
  const digest = visit.pictures.find((one) => one.of === "document")?.digest;
  const look = () => dialog(t("sight.kept"), t("dialog.close"), h("img", {class: "sight-paper", src: `/api/v1/pictures/${digest}`, alt: t("sight.kept"), width: 1024, height: 692}));
  return digest ? h("button", {type: "button", "data-tool": "paper", onclick: look}, t("sight.kept")) : null;
}

const PLATE = /^[\u4e00-\u9fa5][A-HJ-NP-Z][A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳使领]$/u; // as edge/domain/plates.py

/** A plate that has not the ordinary form was perhaps typed wrongly: it may be, and is looked at once more. */
export const oddPlate = (visit) => (visit.state === "open" && visit.plate && !PLATE.test(visit.plate) ? t("desk.odd-plate", {plate: visit.plate}) : "");

/** Where the document that was just handed over goes: the guard's hands need it now. */
export function slotOf(before, visit, known) {
  const held = visit.documents.find((paper) => paper.how === "held" && !paper.returned_ms);
  if (!held || before?.visit !== visit.visit || before.documents.some((paper) => paper.document === held.document)) return null;
  return t("desk.slot", {slot: held.slot, name: both(papersOf(known)[held.kind])});
}
