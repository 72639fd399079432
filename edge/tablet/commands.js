// One press, told honestly: sending → accepted, relay pulsed → arm there; or «not executed» and why; or «unknown, look at the arm».
//
// A press makes one request with one key. It is never repeated by the page. When its answer is lost, the page says that it does
// not know, and asks the gate, once the link is back, whether the key is on record: a question that cannot move anything.

import {Lost, Refusal, get, post} from "./api.js";
import {newKey} from "./env.js";
import {seconds, word} from "./format.js";
import {t} from "./i18n.js";

const ANSWER_MS = 6000; // a command lives 2 s at the gate: after this it cannot be carried out any more
const ARM_S = 12;
const AGAIN_MS = 1200; // a second tap on the same button within this is the same press

export class Commands {
  /** `link` gives the stamp; `say(lane, report)` shows how far it is; `busy(lane, flag)` greys the button. */
  constructor(link, say) {
    this.link = link;
    this.say = say;
    this.last = new Map(); // lane → {action, at}
    this.flying = new Set();
    this.unknown = new Map(); // lane → key whose fate is not known
    this.watching = new Map(); // lane → {phase, seq, began}
    this.version = new Map();
  }

  /** Carry out a press. Returns false when it was not even sent. */
  async press(lane, action, reason = "", plate = "") {
    const before = this.last.get(lane);
    if (this.flying.has(lane) || (before?.action === action && performance.now() - before.at < AGAIN_MS)) return false;
    if (!this.link.fresh) {
      this.report(lane, {kind: "refused", text: t("command.stale"), hint: t("command.stale.hint")});
      return false;
    }
    const stamp = this.link.stamp();
    const key = newKey();
    this.last.set(lane, {action, at: performance.now()});
    this.flying.add(lane);
    this.unknown.delete(lane);
    const name = word("action", action);
    const mine = this.report(lane, {kind: "sending", step: 1, text: t("command.sending", {name})});
    try {
      const answer = await post(`/lanes/${lane}/command`, {action, reason, plate, ...stamp}, {key, timeout: ANSWER_MS});
      this.flying.delete(lane);
      await this.accepted(lane, action, name, answer, mine);
    } catch (error) {
      this.flying.delete(lane);
      if (error instanceof Refusal) this.report(lane, {kind: "refused", text: t("command.refused", {name, why: error.message}), hint: error.hint});
      else if (error instanceof Lost) this.lost(lane, name, key);
      else throw error;
    }
    return true;
  }

  async accepted(lane, action, name, answer, mine) {
    if (answer.result === "again") return this.report(lane, {kind: "info", text: t("command.again", {name, seq: answer.seq})});
    if (answer.result === "done") return this.report(lane, {kind: "done", step: 3, text: t("command.done", {name})});
    this.report(lane, {kind: "pulsed", step: 2, text: t("command.pulsed", {name, ms: answer.ms})});
    const shown = this.version.get(lane);
    if (action === "close") {
      this.watching.set(lane, {phase: "down", began: performance.now(), shown});
    } else if (action === "open" || action === "hold") {
      const arm = await get(`/lanes/${lane}/arm?after=${answer.seq}&timeout_s=${ARM_S}`, {timeout: (ARM_S + 3) * 1000}).catch(() => null);
      if (this.version.get(lane) !== shown) return undefined;
      if (arm && (arm.phase === "up" || arm.phase === "held")) {
        this.report(lane, {kind: "done", step: 3, text: t("command.up", {s: seconds(arm.ms ?? 0)})});
      } else {
        this.report(lane, {kind: "unknown", text: t("command.not-up"), hint: t("command.look")});
      }
    }
    return mine;
  }

  lost(lane, name, key) {
    this.unknown.set(lane, {key, name});
    this.report(lane, {kind: "unknown", text: t("command.unknown", {name}), hint: t("command.look")});
  }

  /** A new state came: an arm that was told to come down may be there; a lost answer can be asked for. */
  seen(lanes) {
    for (const lane of lanes) {
      const wanted = this.watching.get(lane.id);
      if (wanted && wanted.shown === this.version.get(lane.id)) {
        const s = (performance.now() - wanted.began) / 1000;
        if (lane.phase === wanted.phase) this.report(lane.id, {kind: "done", step: 3, text: t("command.down", {s: s.toFixed(1)})});
        else if (s > ARM_S) this.report(lane.id, {kind: "unknown", text: t("command.not-down"), hint: t("command.look")});
        else continue;
      }
      this.watching.delete(lane.id);
    }
    for (const [lane, {key, name}] of this.unknown) this.ask(lane, key, name);
  }

  async ask(lane, key, name) {
    this.unknown.delete(lane);
    const shown = this.version.get(lane);
    const known = await get(`/commands/${key}`).catch(() => null);
    if (this.version.get(lane) !== shown) return;
    if (!known) this.unknown.set(lane, {key, name});
    else if (known.refused) this.report(lane, {kind: "refused", text: t("command.was-refused", {name, why: word("may", known.refused)}), hint: t("command.look")});
    else if (known.recorded) this.report(lane, {kind: "unknown", text: t("command.was-recorded", {name, seq: known.seq ?? ""}), hint: t("command.look")});
    else this.report(lane, {kind: "unknown", text: t("command.no-record", {name}), hint: t("command.look")});
  }

  report(lane, report) {
    const version = (this.version.get(lane) ?? 0) + 1;
    this.version.set(lane, version);
    this.say(lane, report);
    return version;
  }
}
