// What the counts stand for: the cards, and the documents in the rack. Who is inside: inside.js.

import {get, inWords, post, request} from "./api.js";
import {dialog, fill, h, text} from "./dom.js";
import {clock, plate} from "./format.js";
import {t} from "./i18n.js";

const STATES = ["rack", "issued", "lost", "blocked"];
const KINDS = ["visitor", "vehicle", "construction"];

/** The rows of an address in a dialog; `render(rows)` gives what is shown. */
async function sheet(title, path, render) {
  const body = h("div", {});
  dialog(title, t("dialog.close"), body);
  const again = async () => {
    const found = await get(path).catch((error) => ({error}));
    fill(body, found.error ? h("p", {class: "message"}, inWords(found.error)) : render(found.rows, again));
  };
  await again();
}

const table = (heads, rows) => h("table", {class: "rows-table"}, h("thead", {}, h("tr", {}, heads.map((name) => (name ? h("th", {scope: "col"}, name) : h("td"))))), h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell))))));

/** All cards, counted by state; a shift leader adds new ones. */
export function showCards(leader) {
  return sheet(t("cards.title"), "/cards", (rows, again) => [
    h("ul", {class: "sums"}, STATES.map((state) => h("li", {}, h("b", {}, String(rows.filter((card) => card.state === state).length)), t(`card.state.${state}`)))),
    leader ? suspects(again) : null,
    leader ? stockForm(again) : null,
    table([t("field.card"), t("cards.kind"), t("cards.state"), t("cards.until"), ""], rows.map((card) => [card.label || card.card, t(`card.kind.${card.kind}`), t(`card.state.${card.state}`), card.until || "—",
      h("div", {class: "does"}, card.plate ? plate(card.plate) : null, card.state === "issued" ? lostButton(card, again) : null, leader && card.state !== "blocked" ? blockButton(card, again) : null)])),
  ]);
}

/** What is not to happen by a slip of the finger: one tap asks, the second does it; what stands against it is said in the button's place. */
function twice(words, sure, path, body, again, more = {}) {
  const act = async (event) => {
    const button = event.currentTarget;
    if (button.dataset.sure !== "yes") { button.dataset.sure = "yes"; text(button, sure); return; }
    button.disabled = true;
    const error = await post(path, body).then(() => null, (refused) => refused);
    if (error) button.replaceWith(h("p", {class: "message", role: "alert"}, inWords(error)));
    else await again();
  };
  return h("button", {type: "button", class: "soft", onclick: act, ...more}, words);
}

/** Cards of which there are two: a shift leader who holds the true one puts it in order. */
function suspects(again) {
  const box = h("div", {class: "suspects"});
  get("/cards/suspects").then(({rows}) => fill(box, rows.length ? [h("h3", {}, t("cards.suspects")), table([t("field.card"), t("cards.kind"), t("cards.since"), ""], rows.map((row) => [row.label || row.credential || row.card, row.kind ? t(`card.kind.${row.kind}`) : "—", clock(row.at_ms),
    twice(t("cards.trust"), t("cards.trust.sure"), "/cards/trust", {card: row.card, reason: "leader"}, again, {"data-trust": row.card})]))] : null)).catch(() => null);
  return box;
}

const blockButton = (card, again) => twice(t("cards.block"), t("cards.block.sure"), "/cards/block", {card: card.card, reason: "leader"}, again, {"data-block": card.card});
const lostButton = (card, again) => twice(t("cards.lost"), t("cards.lost.sure"), "/cards/lost", {card: card.card, reason: "reported"}, again, {"data-lost": card.card});

/** A card at the desk's reader while a leader takes cards into the stock: its number, so that only the label is left to type. */
export function stocking(card) {
  const input = document.querySelector("dialog[open] [name=stock-card]");
  if (!input) return false;
  input.value = card.card;
  input.form.elements["stock-label"].focus();
  return true;
}

function stockForm(again) {
  const label = h("input", {name: "stock-label", maxlength: 40, autocomplete: "off", placeholder: t("cards.label"), "aria-label": t("cards.label")});
  const card = h("input", {name: "stock-card", maxlength: 40, autocomplete: "off", required: true, placeholder: t("cards.uid"), "aria-label": t("cards.uid")});
  const kind = h("select", {"aria-label": t("cards.kind")}, KINDS.map((one) => h("option", {value: one}, t(`card.kind.${one}`))));
  const message = h("p", {class: "message", role: "alert"});
  const add = async (event) => {
    event.preventDefault();
    try {
      await request("POST", "/cards", {body: {card: card.value.trim(), kind: kind.value, label: label.value.trim()}});
      await again();
    } catch (error) {
      text(message, inWords(error));
    }
  };
  return h("form", {class: "visit-form stock", onsubmit: add}, card, label, kind, h("button", {type: "submit", class: "primary"}, t("cards.add")), message);
}

/** The documents that are held, by slot; `open(visit)` shows whose it is, also when that visit was ended without it. */
export function showRack(open) {
  return sheet(t("rack.title"), "/rack", (rows) => {
    const held = rows.filter((slot) => slot.document);
    return [h("p", {}, t("rack.free", {n: rows.length - held.length})), held.length ? table([t("rack.slot"), t("rack.owner"), t("rack.since"), ""], held.map((slot) => [String(slot.slot), slot.owner || "—", clock(slot.since_ms),
      h("button", {type: "button", class: "soft", "data-slot": slot.slot, onclick: (event) => { event.currentTarget.closest("dialog").close(); open(slot.visit); }}, t("rack.open"))])) : h("p", {class: "empty"}, t("rack.none"))];
  });
}
