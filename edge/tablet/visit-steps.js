// How each sort of step is filled in: question, call, document, card, check, tell. Which steps a visitor has, and in which order, is
// the gate's (config/visits.toml); nothing here knows a kind of visit.
//
// Each gives {fields, answers, first, extra}: what is typed, what is tapped ({id, label, note, tone, press(values)}), and what else is shown (`first`, `extra`).
// `press` returns [path, body] below the visit's address.

import {get, inWords} from "./api.js";
import {fill, h} from "./dom.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";
import {both} from "./visit-words.js";

const CALLS = [["agreed", "go"], ["refused", "stop"], ["no-answer", "stop"]];
const SHOWN_CARDS = 6;

const SORTS = {
  question: (step) => ({answers: step.choices.map((choice) => ({id: choice.answer, label: both(choice), tone: choice.effect === "go" ? "" : "stop",
    press: () => ["answer", {step: step.id, answer: choice.answer}]}))}),

  call: (step, visit) => ({answers: CALLS.map(([result, tone]) => ({id: result, label: t(`call.${result}`), tone, press: () => ["call", {result}]})), extra: telephones(visit)}),

  document: (step, visit, known, press, reading) => {
    const got = Object.fromEntries((reading?.fields ?? []).map((field) => [field.name, field.text]));
    const first = known.documents.filter((paper) => paper.kind === reading?.paper); // what was read comes first: one tap confirms it
    return {
      fields: [{id: "document", required: true, value: got.number, read: Boolean(got.number)}, ...(reading ? [{id: "owner", value: got.name, read: Boolean(got.name)}] : [])],
      answers: [...first, ...known.documents.filter((paper) => !first.includes(paper))].map((paper) => ({id: paper.kind, label: both(paper), tone: first.includes(paper) ? "go" : "",
        note: t(paper.hold && step.hold ? "desk.hold" : "desk.hand-back"), why: step.rack_full && paper.hold ? t("desk.rack-full") : step.hold && !paper.hold ? both(paper, "why") : "",
        press: ({document, owner}) => ["document", {how: paper.hold && step.hold ? "hold" : "check", kind: paper.kind, number: document, owner: owner || visit.name}]})),
    };
  },

  card: (step, visit, known, press) => ({
    fields: [{id: "card", required: true}],
    answers: [{id: "issue", label: t("desk.issue"), tone: "go", press: ({card}) => ["card", {card}]}],
    first: rackCards(step.card_kind, press), // one tap, where typing is the rare way
  }),

  check: (step, visit) => ({
    fields: [{id: "number"}, {id: "valid_from", date: true}, {id: "valid_until", date: true, required: true}],
    answers: [{id: "mine", label: t("desk.mine"), tone: "go", press: (values) => ["answer", {step: step.id, mine: true, photo: photoOf(visit), ...values}]},
      {id: "another", label: t("desk.another"), tone: "stop", free: true, press: () => ["answer", {step: step.id, mine: false, photo: photoOf(visit)}]}],
    extra: h("div", {class: "told-slot last-pass"}),
    typed: (id, input, extra) => { if (id === "number") lastTime(input, extra); },
  }),

  tell: (step, visit) => ({
    fields: [{id: "place", value: visit.place}],
    answers: [{id: "told", label: t("desk.told"), tone: "go", press: (values) => ["answer", {step: step.id, answer: "told", ...values}]}],
  }),
};

/** What this step wants. `known`: the kinds and documents of GET /visits/kinds; `press(path, body)` for what is tapped directly; `reading`: what was
    read of a document. */
export const wants = (step, visit, known, press, reading) => SORTS[step.does]?.(step, visit, known, press, reading) ?? {answers: []};

/** The host's number: one tap shows it (P3, P4). Nobody looks over the guard's shoulder at what is not needed. */
function telephones(visit) {
  const box = h("div", {class: "telephones"});
  const show = async () => {
    const found = await get(`/visits/${visit.visit}/telephones`).catch((error) => error);
    const rows = found.rows?.map((one) => h("a", {href: `tel:${one.phone.replace(/[^0-9+*#,;]/g, "")}`}, h("b", {}, one.phone), ` ${one.name}`));
    fill(box, ...(rows?.length ? rows : [h("p", {class: "told-slot", "data-care": "yes", role: "status"}, rows ? t("call.no-number") : inWords(found))]));
    box.querySelector("a")?.focus({preventScroll: true});
  };
  fill(box, h("button", {type: "button", "data-tool": "telephone", onclick: show}, icon("phone"), t("call.number")));
  return box;
}

/** The picture of a worker's pass (P8). */
const photoOf = (visit) => visit.pictures.find((one) => one.of === "pass")?.digest ?? "";

/** A card at the reader stands before all others, large; Enter issues it. */
export function tappedCard(picks, card, issue) {
  picks.querySelector(".tapped")?.remove();
  const button = h("button", {type: "button", class: "pick card tapped", "data-tapped": card.card, onclick: issue}, h("span", {}, card.label || card.card), h("small", {}, t("tap.issue")));
  picks.prepend(button);
  button.focus({preventScroll: true});
}

/** P8: a pass that was checked here before comes with its dates and its person; the guard compares and may change them. */
async function lastTime(input, box) {
  const number = input.value.trim();
  if (number.length < 4) return;
  const found = await get(`/worker-passes?number=${encodeURIComponent(number)}`).catch(() => null);
  if (!found?.last || input.value.trim() !== number || !input.isConnected) return;
  const {last} = found;
  for (const id of ["valid_from", "valid_until"]) {
    const field = input.form.elements[id];
    if (last[id] && !field.value) field.value = last[id];
  }
  fill(box, last.photo ? h("img", {src: `/api/v1/pictures/${last.photo}?size=small`, alt: last.name, width: 120, height: 150}) : null, h("b", {}, t("check.last", {name: last.name || "—"})), h("small", {}, [last.company, last.unit, last.valid_until && t("check.until", {day: last.valid_until})].filter(Boolean).join(" · ")));
}

/** The cards that lie in the rack: one tap issues one. */
function rackCards(kind, press) {
  const box = h("div", {class: "picks cards", role: "group", "aria-label": t("desk.rack-cards")});
  const one = (card) => h("button", {type: "button", class: "pick card", "data-card": card.card, onclick: () => press("card", {card: card.card})}, h("span", {}, card.label || card.card), h("small", {}, t("desk.issue")));
  get("/cards").then(({rows}) => {
    const rack = rows.filter((card) => card.state === "rack" && card.kind === kind);
    fill(box, rack.length ? rack.slice(0, SHOWN_CARDS).map(one) : h("p", {class: "empty"}, t("desk.no-cards", {kind: t(`card.kind.${kind}`)})));
  }).catch(() => null);
  return box;
}
