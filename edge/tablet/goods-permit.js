// One permit: is it genuine, whose is it, and item by item what stands here. What agrees leaves, what differs stays.

import {get} from "./api.js";
import {h, set, text} from "./dom.js";
import {plate} from "./format.js";
import {extraForm} from "./goods-form.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";
import {both, heading, spoken} from "./visit-words.js";

const PICTURE_MS = 800;
const STOPS = ["lost", "signer", "check", "mistake"];

export class PermitCheck {
  /** `room`: the goods room; `lane` "": carried out by hand. */
  constructor(room, id, lane) {
    Object.assign(this, {room, id, lane, genuine: false, found: new Map(), other: new Set(), extra: null});
  }

  /** The plate that stands at the lane, as far as it is known. */
  get plate() {
    if (!this.lane) return "";
    const truck = this.room.here.find((one) => one.lane === this.lane);
    return truck?.plate || (this.room.exits.find((one) => one.id === this.lane)?.prompt?.params?.bound ?? "").split(",")[0];
  }

  /** Read it again; what was counted stays unless somebody else has released something meanwhile. */
  async refresh() {
    let row;
    try {
      row = await get(`/permits/${this.id}?plate=${encodeURIComponent(this.plate)}`);
    } catch (error) {
      this.room.say(error);
      return;
    }
    if (this.room.check !== this || this.room.busy) return;
    const gone = row.items.map((item) => item.gone).join();
    if (JSON.stringify(row) === this.seen) return;
    if (this.gone !== undefined && gone !== this.gone) this.found.clear();
    Object.assign(this, {row, gone, seen: JSON.stringify(row)});
    this.draw();
  }

  draw() {
    const {row, room} = this;
    const stopped = row.stops !== "";
    set(room.pane, "data-tone", stopped || row.findings.length ? "warn" : null);
    const number = row.number ? t("goods.number", {n: row.number}) : t("goods.permit");
    this.extra ??= extraForm();
    room.show([heading([number, both(row, "role"), row.unit || row.company].filter(Boolean).join(" · "), row.plate || null),
      spoken(both(row, "say"), both(row, "do") || t(this.genuine ? "goods.count.do" : "goods.check.do"), false), room.message,
      ...(stopped ? [this.facts(), this.refusal([row.stops])] : this.genuine ? [h("div", {class: "goods-row"}, this.ways(), this.genuineRow()), this.items(), this.extra.element, this.bottom(), this.facts()] : [this.ways(), this.genuineRow(), this.items(), this.extra.element, this.bottom()]), this.log()]);
    (stopped ? room.pane.querySelector('[data-answer="refuse"]') : room.pane.querySelector(this.genuine ? '[data-item] [data-do="match"]' : '[data-answer="genuine"]'))?.focus({preventScroll: true});
  }

  facts() {
    const {row} = this;
    const stamp = row.stamped ? t("goods.stamped", {n: row.stamp}) : t("goods.unstamped");
    const rows = [["goods.signer", row.signer || "—"], ["goods.bearer", row.bearer || "—"], ["goods.valid", row.until], ["goods.stamp", stamp], ["goods.remark", row.remark], ["goods.source", t(`goods.source.${row.source}`)], ["goods.stopped.why", row.state === "stopped" ? row.reason : ""]];
    return h("dl", {class: "visit-facts"}, rows.filter(([, value]) => value).map(([name, value]) => h("div", {}, h("dt", {}, t(name)), h("dd", {}, value))));
  }

  /** By hand, or with the vehicle at an exit. */
  ways() {
    const one = (lane, label) => h("button", {type: "button", class: "pick", "data-way": lane || "foot", "aria-pressed": String(lane === this.lane), onclick: () => { this.lane = lane; this.seen = ""; this.refresh(); }}, icon(lane ? "car" : "people"), label);
    return h("div", {class: "modes goods-ways", role: "group", "aria-label": t("goods.way")}, one("", t("goods.way.foot")), this.room.exits.map((lane) => one(lane.id, t("goods.way.lane", {lane: lane.name}))),
      this.lane && this.plate ? plate(this.plate) : null);
  }

  /** The specimen beside what is written; genuine, or what is doubted. */
  genuineRow() {
    const {row, room} = this;
    // before the tap the specimen is what matters, afterwards the items are
    const shown = row.specimens.length ? row.specimens.slice(0, 2).map((one) => h("figure", {class: "specimen"}, h("img", {src: `/api/v1/pictures/${one.digest}`, alt: t("goods.specimen", {name: one.name || "—"}), width: 220, height: 90}),
      h("figcaption", {}, t(one.mine ? "goods.specimen.mine" : "goods.specimen", {name: one.name || "—"})))) : h("p", {class: "no-specimen"}, icon("warn"), t("goods.specimen.none"));
    const doubts = room.words.findings.filter((one) => one.judged && one.finding !== "none");
    const box = h("div", {class: "answers reasons", hidden: true, role: "group", "aria-label": t("goods.doubt")}, h("h3", {}, t("goods.doubt")),
      doubts.map((one) => room.button(one.finding, both(one), "stop", () => this.refuse(one.finding))));
    return h("div", {class: "genuine", "data-genuine": this.genuine ? "yes" : "no"}, this.genuine ? null : h("div", {class: "specimens"}, shown, this.facts()),
      h("div", {class: "answers"}, h("button", {type: "button", class: "answer", "data-answer": "genuine", "data-tone": this.genuine ? null : "go", "aria-pressed": String(this.genuine), onclick: () => { this.genuine = true; this.draw(); }}, this.genuine ? icon("ok") : null, h("span", {}, t(this.genuine ? "goods.genuine.yes" : "goods.genuine"))),
        h("button", {type: "button", class: "answer", "data-answer": "doubt", "data-tone": "stop", onclick: () => { box.hidden = false; box.querySelector("button").focus(); }}, t("goods.doubt"))), box);
  }

  items() {
    return h("ul", {class: "goods-items", "aria-label": t("goods.items")}, [...this.row.items].sort((a, b) => (b.left > 0) - (a.left > 0)).map((item) => this.item(item))); // what may still leave comes first
  }

  item(item) {
    const here = this.found.get(item.n);
    const other = this.other.has(item.n);
    const count = h("output", {}, here === undefined ? "—" : String(here));
    const put = (value) => { this.found.set(item.n, Math.max(0, Math.min(9999, value))); this.draw(); this.again(item.n); };
    const say = !item.may ? t("goods.signers", {signers: both(item, "signers")}) : other ? t("goods.other") : here > item.left ? t("goods.more", {n: here - item.left}) : here === undefined ? "" : here === item.left ? t("goods.matches") : t("goods.rest", {n: item.left - here});
    const tone = !item.may || other || here > item.left ? "warn" : here === undefined ? "open" : "go";
    const button = (id, label, onclick, more = {}) => h("button", {type: "button", class: "answer", "data-do": id, onclick, ...more}, label);
    return h("li", {"data-item": item.n, "data-tone": tone}, icon(tone === "go" ? "ok" : tone === "warn" ? "warn" : "box"), h("div", {}, h("b", {}, item.name), h("span", {}, t(item.left === item.quantity ? "goods.all" : "goods.of", {left: item.left, measure: item.measure, quantity: item.quantity})), h("small", {}, [both(item, "category"), say].filter(Boolean).join(" · "))),
      h("div", {class: "does"}, button("less", "−", () => put((here ?? item.left) - 1), {"aria-label": t("goods.less", {name: item.name})}), count, button("plus", "+", () => put((here ?? 0) + 1), {"aria-label": t("goods.plus", {name: item.name})}),
        button("match", t("goods.match"), () => { this.other.delete(item.n); put(item.left); }), button("other", t("goods.not-this"), () => { if (other) this.other.delete(item.n); else this.other.add(item.n); put(here ?? item.left); }, {"aria-pressed": String(other)})));
  }

  /** The focus goes on to the next item that was not counted. */
  again(n) {
    const next = this.row.items.find((item) => item.n > n && !this.found.has(item.n));
    (next ? this.room.pane.querySelector(`[data-item="${next.n}"] [data-do="match"]`) : this.room.pane.querySelector('[data-answer="release"]'))?.focus({preventScroll: true});
  }

  bottom() {
    const {room} = this;
    const kept = this.row.items.some((item) => (this.found.get(item.n) ?? 0) > (item.may && !this.other.has(item.n) ? item.left : 0));
    const stop = room.words.may.stop ? this.stopping() : null;
    return h("div", {class: `answers goods-bottom${stop ? " stoppable" : ""}`}, room.button("release", t(kept ? "goods.release.some" : "goods.release"), "go", () => this.release(), t(this.lane ? "goods.release.vehicle" : "goods.release.foot")),
      room.button("back", t("goods.back"), "stop", () => room.home()), stop);
  }

  /** 停用: nothing leaves on it from now on, for whom the community lets do that. The first tap asks why. */
  stopping() {
    const {room} = this;
    const why = h("div", {class: "answers reasons", hidden: true, role: "group", "aria-label": t("goods.stop.why")}, h("h3", {}, t("goods.stop.why")), STOPS.map((one) => room.button(`stop-${one}`, t(`goods.stop.${one}`), "stop", async () => {
      if (await room.send(`/permits/${this.id}/stop`, {reason: t(`goods.stop.${one}`)})) { this.seen = ""; await this.refresh(); }
    })));
    return [h("button", {type: "button", class: "answer", "data-answer": "stop-permit", "data-tone": "stop", onclick: () => { why.hidden = false; why.scrollIntoView({block: "nearest"}); why.querySelector("button").focus(); }}, t("goods.stop")), why];
  }

  refusal(findings) {
    const {room} = this;
    const restore = this.row.state === "stopped" && room.words.may.restore ? room.button("restore", t("goods.restore"), "", async () => { if (await room.send(`/permits/${this.id}/restore`, {reason: t("goods.restore.reason")})) { this.seen = ""; this.refresh(); } }) : null;
    return h("div", {class: "answers"}, findings.map((one) => room.button("refuse", t("goods.refuse"), "go", () => this.refuse(one))), restore, room.button("back", t("goods.back"), "stop", () => room.home()));
  }

  async refuse(finding) {
    const {room} = this;
    const known = room.words.findings.find((one) => one.finding === finding);
    const done = await room.send("/goods/refuse", {permit: this.id, finding, lane: this.lane, plate: this.plate, extra: this.extra?.values() ?? []});
    if (done) room.over(both(known, "say"), both(known, "do"), "warn", [this.log(done.permit)]);
    if (done) this.pictured(done.permit.permit);
  }

  async release() {
    const {room} = this;
    const items = this.row.items.filter((item) => this.found.has(item.n)).map((item) => ({n: item.n, found: this.found.get(item.n), other: this.other.has(item.n)}));
    const extra = this.extra.values();
    const gone = this.row.items.reduce((sum, item) => sum + item.gone, 0);
    const done = await room.send(`/permits/${this.id}/release`, {items, extra, genuine: this.genuine, lane: this.lane, plate: this.plate, gone});
    if (!done) { this.seen = ""; return; }
    const kept = done.permit.log.some((one) => one.what === "kept" && one.seq >= done.seq);
    const lane = this.lane;
    const known = kept ? room.words.findings.find((one) => one.finding === "difference") : room.words.say[lane ? "goods-released" : "goods-carry"];
    const hint = kept ? both(known, "do") : t(lane ? "goods.done.vehicle" : "goods.done");
    room.over(both(known, "say"), hint, kept ? "warn" : "go", [this.log(done.permit)]);
    if (kept) this.pictured(this.id);
  }

  /** The picture of what stays is taken after the record: a moment later it is there. */
  pictured(id) {
    const shown = this.room.pane.querySelector(".goods-log");
    setTimeout(async () => {
      const row = shown?.isConnected ? await get(`/permits/${id}`).catch(() => null) : null;
      if (row && shown.isConnected) shown.replaceWith(this.log(row));
    }, PICTURE_MS);
  }

  log(row = this.row) {
    return row.log.length ? h("ul", {class: "goods-log", "aria-label": t("goods.log")}, row.log.slice(-8).reverse().map((one) => this.room.logged(one))) : null;
  }
}
