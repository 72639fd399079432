// One pass, whole: entry and exit pictures side by side, what was read and what is right, driver and passengers, its story.

import {get, inWords, post} from "./api.js";
import {dialog, h, text} from "./dom.js";
import {clock, plate, seconds, word} from "./format.js";
import {t} from "./i18n.js";
import {nameOf} from "./names.js";
import {icon} from "./icons.js";

const PLATE_MAX = 8;

/** Open the dialog for a pass. `mayChange`: guards and shift leaders; `changed()` after something was noted. */
export async function showPass(seq, mayChange, changed) {
  let found;
  try {
    found = await get(`/passes/${seq}`);
  } catch (error) {
    dialog(t("pass.title", {seq}), t("dialog.close"), h("p", {class: "message"}, inWords(error)));
    return;
  }
  const {row, pair} = found;
  const entry = row.direction === "out" ? pair : row;
  const exit = row.direction === "out" ? row : pair;
  const box = dialog(t("pass.title", {seq}), t("dialog.close"), [
    h("div", {class: "pair"}, photo(entry, "pass.entry", mayChange), photo(exit, "pass.exit", mayChange)),
    h("div", {class: "columns"}, facts(row, pair), mayChange ? h("div", {}, form(row, found.similar, () => { box.close(); changed(); }), forgive(row, () => { box.close(); changed(); })) : null),
    h("details", {}, h("summary", {}, t("pass.story")), h("ol", {class: "story"}, found.events.map((event) =>
      h("li", {}, h("time", {}, clock(Date.parse(event.at))), ` ${story(event)}`)))),
  ]);
}

function photo(row, label, mayChange) {
  const digest = row && (row.picture_crossing || row.picture_card);
  const image = digest && mayChange ? h("img", {src: `/api/v1/pictures/${digest}`, alt: `${t(label)} ${row.plate}`, width: 480, height: 270}) : h("div", {class: "no-picture"}, icon("car"), t("picture.none"));
  return h("figure", {}, image, h("figcaption", {}, h("b", {}, t(label)), " ", row ? clock(row.crossed_ms || row.opened_ms) : t("pass.none-yet")));
}

/** Whether it came and left under one plate. */
function agreement(row, pair) {
  if (!pair?.plate || !row.plate) return "—";
  return t(pair.plate === row.plate ? "pass.plates.agree" : "pass.plates.differ", {plate: pair.plate});
}

function facts(row, pair) {
  const up = row.up_ms && row.commanded_ms ? t("pass.up-after", {s: seconds(row.up_ms - row.commanded_ms)}) : "";
  const rows = [
    ["pass.plate", plate(row.plate)], ["pass.plates", agreement(row, pair)], ["pass.read", row.plate_read || t("plate.unread")], ["pass.bound", row.plate_bound || "—"],
    ["pass.holder", row.holder || "—"], ["pass.category", word("category", row.category)], ["pass.card", row.card || "—"],
    ["pass.decision", `${word("decision", row.decision)} · ${word("reason.policy", row.reason)}`], ["pass.admitted", row.admitted_by ? `${names(row.admitted_by.replace("user:", ""))} · ${word("reason.policy", row.admitted_reason)}` : "—"], ["pass.outcome", `${word("outcome", row.outcome)}${row.tailgated ? ` · ${t("register.tailgated")}` : ""}`],
    ["pass.times", `${clock(row.opened_ms)}${row.crossed_ms ? ` → ${clock(row.crossed_ms)}` : ""} ${up}`], ["pass.guard", names(row.guard)],
    ["pass.driver", row.driver || "—"], ["pass.passengers", row.passengers < 0 ? "—" : String(row.passengers)],
  ];
  return h("table", {class: "facts"}, h("tbody", {}, rows.map(([name, value]) => h("tr", {}, h("th", {scope: "row"}, t(name)), h("td", {}, value)))));
}

/** Names of user ids with commas between. */
const names = (ids) => (ids ? ids.split(",").map(nameOf).join("、") : "—");

function form(row, similar, done) {
  const field = (id, label, value, more = {}) => h("label", {}, t(label), h("input", {id, value, autocomplete: "off", ...more}));
  const plateField = field("note-plate", "note.plate", row.plate, {maxlength: PLATE_MAX + 4});
  const driver = field("note-driver", "note.driver", row.driver, {maxlength: 20});
  let passengers = row.passengers;
  const count = h("output", {}, passengers < 0 ? "—" : String(passengers));
  const step = (by) => { passengers = Math.max(0, Math.min(99, (passengers < 0 ? (by > 0 ? -1 : 1) : passengers) + by)); text(count, String(passengers)); };
  const message = h("p", {class: "message", role: "status"});
  const input = (label) => label.querySelector("input");
  const save = async (event) => {
    event.preventDefault();
    const body = {};
    const typed = input(plateField).value.trim().toUpperCase().replace(/[·\s.-]/g, "");
    if (typed && typed !== row.plate) body.plate = typed;
    if (input(driver).value.trim() !== row.driver) body.driver = input(driver).value.trim();
    if (passengers >= 0 && passengers !== row.passengers) body.passengers = passengers;
    if (!Object.keys(body).length) { text(message, t("note.nothing")); return; }
    text(message, t("note.saving"));
    try {
      await post(`/passes/${row.pass_seq}/note`, body);
      done();
    } catch (error) {
      text(message, inWords(error));
    }
  };
  return h("form", {class: "note", onsubmit: save}, h("h3", {}, t("note.title")), plateField,
    similar.length ? h("p", {class: "similar"}, t("note.similar"), similar.map((other) => h("button", {type: "button", class: "soft", onclick: () => { input(plateField).value = other; }}, other))) : null,
    driver, h("div", {class: "stepper"}, h("span", {}, t("note.passengers")), h("button", {type: "button", class: "soft", "aria-label": t("note.fewer"), onclick: () => step(-1)}, "−"), count,
      h("button", {type: "button", class: "soft", "aria-label": t("note.more"), onclick: () => step(1)}, "+")),
    message, h("button", {type: "submit", class: "primary"}, t("note.save")));
}

/** The card of this pass was taken to be on the wrong side: set it right. */
function forgive(row, done) {
  if (!row.credential || !["already-inside", "already-outside"].includes(row.reason)) return null;
  const message = h("p", {class: "message", role: "status"});
  const press = async () => {
    try {
      await post("/passback/forgive", {credential: row.credential, reason: row.reason});
      done();
    } catch (error) {
      text(message, inWords(error));
    }
  };
  return h("div", {class: "forgive"}, h("p", {}, t("forgive.explain")), h("button", {type: "button", class: "primary", onclick: press}, t("forgive.do")), message);
}

function story(event) {
  const body = event.body ?? {};
  const word1 = body.action ? word("action", body.action) : body.now ? word("phase", body.now) : body.decision ? word("decision", body.decision) : "";
  return [word("event", event.kind), word1, event.actor.startsWith("user:") ? nameOf(event.actor.slice(5)) : ""].filter(Boolean).join(" · ");
}
