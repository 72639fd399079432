// One event as a row, and in full.

import {get} from "./api.js";
import {dialog, fill, h} from "./dom.js";
import {kind, t, time, value, word} from "./i18n.js";

const PLATES = ["plate", "plate_read", "text"];
const TOLD = ["decision", "reason", "why", "action", "code", "device", "lane", "unit", "company", "label", "card", "credential", "category", "how", "result"];
const STOP = ["refused", "command.refused", "fault.began", "vehicle.tailgated", "vehicle.wrong-way", "card.copied", "card.lost", "visit.refused", "barrier.left-open", "permit.refused", "watch.matched"];
const GO = ["granted", "visit.admitted", "goods.released", "pass.admitted", "vehicle.crossed", "fault.ended"];

export const plate = (text) => h("span", {class: text.length > 7 ? "plate green" : "plate"}, text);
const plateOf = (e) => PLATES.map((name) => (name === "text" && e.kind !== "plate.read" ? "" : e.body[name])).find((text) => typeof text === "string" && text);
export const tone = (e) => (STOP.includes(e.kind) || STOP.includes(e.body.decision) ? "stop" : GO.includes(e.kind) || GO.includes(e.body.decision) ? "go" : e.body.decision === "ask" ? "care" : null);

function about(e) {
  const found = [];
  const number = plateOf(e);
  if (number) found.push(plate(number));
  for (const [name, said] of Object.entries(e.personal ?? {})) {
    if (["name", "holder", "host", "driver", "owner"].includes(name) && said) found.push(h("span", {class: "person"}, String(said)));
  }
  for (const name of TOLD) {
    const said = e.body[name];
    if (typeof said === "string" && said) found.push(h("span", {class: "chip"}, written(name, said)));
  }
  return found;
}

const digests = (e) => Object.entries(e.body).filter(([name, said]) => ["digest", "picture", "crop", "photo"].includes(name) && /^[0-9a-f]{64}$/.test(said)).map(([, said]) => said);
/** A person by name; a device («entry.reader») by its lane and what it is. */
const who = (actor) => {
  const name = String(actor).split(":").pop();
  return /^[a-z]+\.[a-z]+$/.test(name) ? name.split(".").map((part) => word("device", value(part))).join("") : value(name, "actor");
};

/** A row; pressing it shows everything. `seen`: with its pictures, small; each look is on record. */
export function row(e, me, fresh = false, seen = false) {
  const shown = seen ? digests(e) : [];
  return h("button", {type: "button", class: fresh ? "row new" : "row", "data-tone": tone(e), "data-gate": e.gate, onclick: () => open(e, me)},
    h("span", {class: "at"}, time(Date.parse(e.at))), h("span", {}, e.gate), h("span", {class: "what"}, kind(e.kind)),
    h("span", {class: "about"}, ...about(e)), h("span", {class: "at"}, `${who(e.actor)} · ${e.seq}`),
    shown.length > 0 && h("span", {class: "pictures"}, ...pictures(e.gate, shown, "thumbnail")));
}

/** Fields with their names; times as times, what is empty or not told left out. */
const facts = (object) => h("dl", {class: "facts"}, ...Object.entries(object).filter(([, said]) => said !== "" && said !== null && !(Array.isArray(said) && !said.length)).flatMap(([name, said]) => [
  h("dt", {}, word("field", name)), h("dd", {}, written(name, said))]));

function written(name, said) {
  if (Array.isArray(said)) return said.map((one) => value(String(one))).join("、");
  if (/_ms$/.test(name) && said > 1e12) return time(said);
  if (name === "kind") return value(["visit", "card", "document"].map((of) => value(said, of)).find((found) => found !== said) ?? said);
  if (name === "category") return value(said, "category");
  if (name === "step") return value(said, "step");
  if (name === "code") return word("fault", said);
  if (name === "device") return word("device", said);
  if (["was", "now"].includes(name)) return word("phase", value(String(said)));
  return value(String(said));
}

function open(e, me) {
  const taken = digests(e);
  const place = h("div", {class: "pictures"});
  const buttons = h("div", {class: "buttons"});
  const add = (label, onclick) => buttons.append(h("button", {type: "button", class: "soft", onclick}, label));
  if (e.visit) add(t("story.visit"), () => story(t("story.visit"), {gate: e.gate, visit: e.visit}, me));
  if (e.pass) add(t("story.pass"), () => story(t("story.pass"), {gate: e.gate, pass: e.pass}, me));
  const number = plateOf(e);
  if (number) add(t("story.vehicle", {plate: number}), () => story(t("story.vehicle", {plate: number}), {plate: number}, me));
  if (me.may.includes("persons") && taken.length) add(t("picture.show"), () => fill(place, ...pictures(e.gate, taken)));
  dialog(`${kind(e.kind)} · ${e.gate} ${e.seq}`, t("close"),
    h("p", {class: "note"}, [time(Date.parse(e.at)), who(e.actor), e.rule, e.epoch].filter(Boolean).join(" · ")),
    buttons, place, facts(e.body),
    Object.keys(e.personal ?? {}).length > 0 && h("h3", {}, t("personal")),
    Object.keys(e.personal ?? {}).length > 0 && facts(e.personal),
    e.kept === true && h("p", {class: "note"}, t("personal.kept")),
    e.kept === false && h("p", {class: "note"}, t("personal.erased")));
}

export function pictures(gate, taken, part = "picture") {
  return taken.map((digest) => {
    const image = h("img", {alt: t("picture"), loading: "lazy", src: `/api/v1/pictures/${encodeURIComponent(gate)}/${digest}?part=${part}`});
    image.addEventListener("error", () => image.replaceWith(h("p", {class: "note"}, t("picture.none"))));
    return image;
  });
}

/** A visit's, a passage's or a vehicle's whole story. */
export async function story(title, query, me) {
  const rows = h("div", {class: "rows"});
  const place = h("div", {class: "pictures"});
  const buttons = h("div", {class: "buttons"});
  dialog(title, t("close"), buttons, place, rows);
  try {
    const found = await get("/story", query);
    fill(rows, ...(found.rows.length ? found.rows.map((e) => row(e, me)) : [h("p", {class: "note"}, t("find.none"))]));
    const taken = found.rows.filter((e) => e.kind === "picture.taken" && e.body.digest);
    if (taken.length && me.may.includes("persons")) {
      buttons.append(h("button", {type: "button", class: "soft", onclick: () => fill(place, ...taken.slice(0, 12).flatMap((e) => pictures(e.gate, [e.body.digest])))}, t("picture.show.n", {n: Math.min(12, taken.length)})));
    }
  } catch (refused) {
    fill(rows, h("p", {class: "message", role: "alert"}, `${refused.message} ${refused.hint}`));
  }
}
