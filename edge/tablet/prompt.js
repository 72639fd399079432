// What to say and what to do at a lane now (D7): the largest text on the page. The gate gives a code and its parameters; the
// words are in the dictionaries, and never a bare «不».

import {address} from "./format.js";
import {first, has, t} from "./i18n.js";

/** {say, hint, tone}: the sentence for the person in the vehicle, and what the guard does. `tone`: idle, go, ask, warn. */
export function prompt(lane) {
  const given = lane.prompt;
  const said = (key) => [`${key}.${lane.direction}`, key]; // whoever leaves is not asked whom they come to see
  if (!given && lane.approach && lane.queue) return {say: t("say.by-hand"), hint: t("do.admitted"), tone: "go"};
  if (!given) return {say: first(said(lane.approach ? "say.vehicle-waiting" : "say.idle")), hint: t(lane.approach ? "do.vehicle-waiting" : "do.idle"), tone: "idle"};
  const [code, reason = given.params?.reason] = given.code.split(".");
  const params = {...given.params, plate: given.params?.plate || t("plate.none"), bound: given.params?.bound || t("plate.none"), who: address(given.params)};
  if (code === "greet") return {say: greeting(params), hint: first([`do.greet.${reason}`, params.supervisor ? "do.greet.supervisor" : "do.greet"], params), tone: "go"};
  if (code === "ask" || code === "refused") {
    return {say: first([...said(`say.reason.${reason}`), "say.reason.other"], params), hint: first([`do.reason.${reason}`, "do.reason.other"], {...params, reason}), tone: code === "ask" ? "ask" : "warn"};
  }
  if (code === "code") return {say: first([reason === "expected" && !params.who ? "say.code.anybody" : `say.code.${reason}`, "say.code.other"], params), hint: first([`do.code.${reason}`, "do.code.other"], params), tone: reason === "expected" ? "ask" : "warn"};
  if (code === "green" || code === "convoy") return {say: first([`say.${code}.${reason}`, `say.${code}.other`]), hint: first([`do.${code}.${reason}`, `do.${code}.other`]), tone: reason === "funeral" ? "idle" : "go"};
  const tone = ["tailgated", "wrong-way", "stopped-under", "left-open", "not-recorded", "plate-late"].includes(code) ? "warn" : "idle";
  return {say: first([...said(`say.${code}`), "say.idle"], params), hint: first([`do.${code}`, "do.other"], {...params, code}), tone};
}

/** «周先生早上好»; without a name «早上好»; without a clock «您好». */
function greeting(params) {
  const part = has(`greet.${params.daypart}`) ? params.daypart : "any";
  return params.who ? t(`greet.name.${part}`, params) : t(`greet.${part}`);
}

/** Whether one tap raises (somebody was admitted), or the reason is asked for first. */
export function admitted(lane) {
  if (["greet", "load-done", "settled"].includes(lane.prompt?.code)) return true;
  return !lane.prompt && Boolean(lane.queue);
}

