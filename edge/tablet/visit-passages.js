// How a visit's vehicle came and how it leaves: both pictures side by side, both plates, and whether they agree (V3).

import {get, inWords, post} from "./api.js";
import {fill, h, set, text} from "./dom.js";
import {clock, plate} from "./format.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";

/** Fills itself. Pictures that are taken at this moment come with the next reading. */
export function passages(visit) {
  const box = h("div", {class: "leaving-vehicle", "data-passages": visit.visit});
  read(box, visit);
  return box;
}

async function read(box, visit) {
  const found = await get(`/visits/${visit.visit}/passages`).catch(() => null);
  if (!found || !box.isConnected || box.contains(document.activeElement)) return;
  fill(box, h("div", {class: "passages"}, side(found.entry, "pass.entry"), side(found.exit, "pass.exit", found.compared)), found.exit ? plates(box, visit, found) : null);
}

function side(row, label, compared) {
  const digest = row && (row.picture_crossing || row.picture_card);
  const seen = compared?.plate || row?.plate;
  return h("figure", {"data-side": label}, digest ? h("img", {src: `/api/v1/pictures/${digest}`, alt: `${t(label)} ${seen}`, width: 480, height: 270}) : h("div", {class: "no-picture"}, icon("car"), t("picture.none")),
    h("figcaption", {}, h("b", {}, t(label)), row ? clock(row.crossed_ms || row.opened_ms, undefined, false) : t("pass.none-yet"), row ? plate(seen) : null));
}

/** Agree or not: read at the lane, or as the guard says with one tap, or types. */
function plates(box, visit, {entry, exit, compared}) {
  const came = entry?.plate || exit.plate;
  const agrees = compared ? Boolean(compared.agrees) : exit.plate_read ? exit.plate_read === came : null;
  const words = agrees === null ? t("leave.plates.ask", {plate: came}) : t(agrees ? "leave.plates.agree" : "leave.plates.differ", {plate: came, seen: compared?.plate || exit.plate_read});
  const said = h("p", {role: "status"}, icon(agrees === null ? "ask" : agrees ? "ok" : "warn"), " ", words);
  const tell = async (value) => {
    try {
      await post(`/visits/${visit.visit}/plate`, {plate: value});
      document.activeElement?.blur?.();
      read(box, visit);
    } catch (error) {
      text(said, inWords(error));
    }
  };
  const typed = h("input", {name: "exit-plate", maxlength: 12, autocomplete: "off", "aria-label": t("leave.plates.type"), placeholder: t("leave.plates.type"), onkeydown: (event) => { if (event.key === "Enter") { event.preventDefault(); tell(typed.value.trim()); } }});
  const same = h("button", {type: "button", class: "answer", "data-answer": "plate-agrees", onclick: () => tell(typed.value.trim() || came)}, t("leave.plates.same"));
  const line = h("div", {class: "plates-agree"}, said, agrees ? null : typed, agrees ? null : same);
  set(line, "data-tone", agrees === null ? null : agrees ? "go" : "warn");
  return line;
}
