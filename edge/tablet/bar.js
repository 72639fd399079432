// The bar on top: gate, time, who is on duty, head office, registry, faults; and the strips below it when something matters.

import {inWords, post} from "./api.js";
import {dialog, fill, h, set, text} from "./dom.js";
import {clock, span, word} from "./format.js";
import {first, t} from "./i18n.js";
import {icon} from "./icons.js";
import * as theme from "./theme.js";

const OLD_S = 7 * 86400;

export class Bar {
  /** `on`: {language(), phrases(), convoys(), keys(), people(), leave()}; `who`: the session. */
  constructor(who, on) {
    this.state = null;
    this.name = h("h1", {class: "gate-name"});
    this.simulated = h("span", {class: "badge", hidden: true}, t("bar.simulated"));
    this.time = h("time", {class: "time"});
    this.duty = chip("people");
    this.sync = chip("cloud", () => this.showSync());
    this.registry = chip("book", () => this.showRegistry());
    this.faults = chip("warn", () => this.showFaults());
    this.themeButton = h("button", {type: "button", class: "tool", onclick: () => { theme.next(); this.theme(); }});
    const tool = (name, label, onclick, opens = null) => h("button", {type: "button", class: "tool", "aria-haspopup": opens, onclick, title: label}, icon(name), h("span", {}, label));
    this.element = h("header", {class: "bar"},
      h("div", {class: "who"}, this.name, this.simulated, this.time), this.duty.element, this.sync.element, this.registry.element, this.faults.element,
      h("nav", {class: "tools", "aria-label": t("bar.tools")},
        h("button", {type: "button", class: "tool", onclick: on.language}, h("b", {class: "icon lang"}, t("bar.language.sign")), h("span", {}, t("bar.language"))),
        this.themeButton, who.role === "technician" ? null : [tool("book", t("bar.phrases"), on.phrases, "dialog"), tool("salute", t("rail.convoys"), on.convoys)],
        tool("keys", t("bar.keys"), on.keys, "dialog"),
        who.role === "leader" ? tool("people", t("bar.people"), on.people, "dialog") : null,
        tool("leave", t("bar.leave"), on.leave)));
    this.banner = h("div", {class: "banner", role: "alert", hidden: true});
    this.clockWarning = h("div", {class: "strip", role: "status", hidden: true});
    this.theme();
  }

  theme() {
    const mode = theme.chosen();
    fill(this.themeButton, icon(mode), h("span", {}, t(`theme.${mode}`)));
    set(this.themeButton, "aria-label", `${t("bar.theme")}: ${t(`theme.${mode}`)}`);
  }

  /** The red banner: null, or how old the newest data is in ms (Infinity: none has come yet). */
  stale(age) {
    set(this.banner, "hidden", age === null);
    if (age === null) { this.second = null; return; }
    const second = Number.isFinite(age) ? Math.floor(age / 1000) : -1;
    if (second === this.second) return;
    this.second = second;
    fill(this.banner, icon("warn"), h("b", {}, t("stale.title")), h("span", {}, second < 0 ? t("stale.never") : t("stale.age", {age: span(second)})), h("span", {}, t("stale.do")));
  }

  update(state) {
    this.state = state;
    text(this.name, state.gate.name);
    set(this.simulated, "hidden", !state.gate.simulated);
    this.tickTime(state.now_ms);
    const duty = state.duty.filter((person) => person.role !== "technician").map((person) => person.name);
    this.duty.show(duty.length ? t("bar.duty", {names: duty.join("、")}) : t("bar.duty.none"), duty.length ? "" : "warn");
    const {sync} = state;
    if (sync.unsent) this.sync.show(t("sync.unsent", {n: sync.unsent}), sync.connected ? "" : "warn");
    else if (sync.acked) this.sync.show(t("sync.all", {n: sync.acked}), "ok");
    else this.sync.show(t("sync.none"), "warn");
    const age = state.registry.age_s;
    this.registry.show(age === null || age === undefined ? t("registry.never") : t("registry.age", {age: span(age)}), age === null || age > OLD_S ? "warn" : "");
    this.faults.show(state.faults.length ? t("faults.some", {n: state.faults.length}) : t("faults.none"), state.faults.length ? "bad" : "ok", state.faults.length ? "warn" : "ok");
    set(this.clockWarning, "hidden", state.clock.trust !== "unset");
    if (!this.clockWarning.hidden) fill(this.clockWarning, icon("warn"), t("clock.unset"));
  }

  tickTime(nowMs) {
    text(this.time, clock(nowMs, nowMs, false));
  }

  showFaults() {
    const rows = (this.state?.faults ?? []).map((fault) => h("li", {}, icon("warn"), h("div", {},
      h("b", {}, t("lane.fault", {devices: deviceName(fault, this.state.lanes), fault: word("fault", fault.code)})),
      h("p", {}, first([`fault.${fault.code}.do`, "fault.other.do"])),
      h("small", {}, t("fault.since", {at: clock(fault.since_ms, this.state.now_ms)})),
      fault.detail ? h("details", {}, h("summary", {}, t("faults.detail")), h("small", {}, fault.detail)) : null,
      fault.code === "moved" && fault.lane ? acceptView(fault.lane) : null)));
    dialog(t("faults.title"), t("dialog.close"), rows.length ? h("ul", {class: "fault-list"}, rows) : h("p", {class: "all-well"}, icon("ok"), t("faults.none.long")));
  }

  showSync() {
    const {sync} = this.state;
    const facts = [
      [t("sync.link"), t(sync.connected ? "sync.link.up" : "sync.link.down")],
      [t("sync.office"), t(sync.headoffice_online ? "sync.office.up" : "sync.office.down")],
      [t("sync.acked"), t("sync.number", {n: sync.acked ?? 0})], [t("sync.head"), t("sync.number", {n: sync.head ?? 0})],
      [t("sync.left"), t("sync.count", {n: sync.unsent ?? 0})]];
    const {photos} = sync;
    if (photos) facts.push([t("sync.photos"), t(photos.slow && photos.waiting > photos.first ? "sync.photos.slow" : "sync.photos.wait", {n: photos.waiting, small: photos.thumbnails})]);
    dialog(t("sync.title"), t("dialog.close"), [table(facts), h("p", {}, sync.problem || t(sync.unsent ? "sync.later" : "sync.safe"))]);
  }

  showRegistry() {
    const {registry} = this.state;
    dialog(t("registry.title"), t("dialog.close"), [table([
      [t("registry.version"), registry.version || "—"], [t("registry.source"), registry.office ? t("registry.office", {n: registry.number}) : t("registry.local")], [t("registry.rows"), String(registry.rows ?? 0)],
      [t("registry.taken"), clock(registry.imported_ms, this.state.now_ms)]]), registry.refused && h("p", {class: "registry-refused"}, t("registry.refused", {n: registry.refused.number, why: `${word("registry.why", registry.refused.why)} ${registry.refused.key}`})),
      registry.not_taken.length > 0 && h("p", {}, t("registry.not-taken", {list: registry.not_taken.map(([list, key, why]) => `${word("registry.list", list)} ${key} (${word("registry.why", why)})`).join("；")})), h("p", {}, t("registry.note"))]);
  }
}

/** «入口读卡器», from the device's name `entry.reader`. */
function deviceName(fault, lanes) {
  const lane = lanes.find((one) => one.id === fault.lane)?.name ?? "";
  const part = fault.device.split(".").at(-1);
  return `${lane}${word("device", part)}`;
}

function table(rows) {
  return h("table", {class: "facts"}, h("tbody", {}, rows.map(([name, value]) => h("tr", {}, h("th", {scope: "row"}, name), h("td", {}, value)))));
}

function chip(name, onclick) {
  const label = h("span", {});
  const sign = h("span", {class: "sign"}, icon(name));
  const element = h(onclick ? "button" : "div", {class: "chip-info", ...(onclick ? {type: "button", "aria-haspopup": "dialog", onclick} : {})}, sign, label);
  let drawn = name;
  return {
    element,
    show(words, tone, picture = name) {
      text(label, words);
      set(element, "data-tone", tone || null);
      if (picture !== drawn) fill(sign, icon(picture));
      drawn = picture;
    },
  };
}

/** What this camera looks at now is what it is to look at: the shift leader's word. */
function acceptView(lane) {
  const button = h("button", {type: "button", class: "soft", onclick: async () => {
    button.disabled = true;
    try {
      await post(`/lanes/${lane}/camera/view`);
      text(button, t("view.accepted"));
    } catch (error) {
      button.disabled = false;
      text(button, inWords(error));
    }
  }}, t("view.accept"));
  return button;
}
