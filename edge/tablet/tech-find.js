// Find a reader on a port, and calibrate one by a card whose number is known. Both show the lines to put into the configuration.

import {get, post} from "./api.js";
import {fill, h, set, text} from "./dom.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";
import {Choice, config, deviceName, Loop, message, say} from "./tech-parts.js";

const AGAIN_MS = 700;
const MODES = ["push", "osdp"];
const KINDS = ["uid", "printed", "reader"];

export class FindPane {
  constructor() {
    this.id = "find";
    this.message = message();
    this.port = new Choice(t("tech.find.port"), () => this.ports());
    this.mode = new Choice(t("tech.find.mode"));
    this.release = h("input", {type: "checkbox"});
    this.releaseRow = h("label", {class: "tech-check", hidden: true}, this.release, h("span", {}, t("tech.find.release")));
    this.go = h("button", {type: "button", class: "tech-do", "data-tone": "go", "data-do": "search", onclick: () => this.search()}, t("tech.find.go"));
    this.progress = h("p", {class: "tech-big", role: "status"}, t("tech.find.idle"));
    this.found = h("div", {class: "tech-body"});
    this.calibrate = new Calibrate();
    this.element = h("section", {class: "tech-pane"}, h("h2", {}, t("tech.find")), h("p", {class: "tech-hint"}, t("tech.find.note")), this.port.element, this.mode.element,
      this.releaseRow, this.go, this.message, this.progress, this.found, this.calibrate.element);
    this.mode.offer(MODES.map((mode) => [mode, t(`tech.find.mode.${mode}`)]));
    this.loop = new Loop(() => this.look());
  }

  update(state) { this.state = state; }

  open() {
    this.loop.on();
    this.devices();
    this.calibrate.open();
  }

  leave() {
    this.loop.off();
    this.calibrate.leave();
  }

  async devices() {
    const found = await get("/technician/devices").catch((error) => { say(this.message, error); return null; });
    if (!found) return;
    const listed = found.serial.map((port) => [port.names[0] ?? port.path, port.bound]);
    const others = found.configured.filter((row) => row.kind === "reader" && !listed.some(([, bound]) => bound.includes(row.device)));
    this.all = new Map([...listed, ...others.map((row) => [row.where, [row.device]])]);
    this.port.offer([...this.all].map(([name, bound]) => [name, `${name.replace(/^\/dev\/(serial\/by-(id|path)\/)?/, "")} · ${bound.map((device) => deviceName(device, this.state)).join("、") || t("tech.unbound")}`]));
    this.calibrate.offer(found.configured.filter((row) => row.kind === "reader"), this.state);
    this.ports();
  }

  ports() {
    set(this.releaseRow, "hidden", !this.all?.get(this.port.value)?.length);
  }

  async search() {
    say(this.message, null);
    try {
      await (this.running ? post("/technician/search/stop") : post("/technician/search", {port: this.port.value, mode: this.mode.value, release: this.release.checked && !this.releaseRow.hidden}));
    } catch (error) {
      say(this.message, error);
    }
    this.release.checked = false;
    this.loop.on();
  }

  async look() {
    const {search} = await get("/technician/search");
    this.running = search?.running ?? false;
    text(this.go, t(this.running ? "tech.find.stop" : "tech.find.go"));
    set(this.go, "data-tone", this.running ? "stop" : "go");
    if (search) this.draw(search);
    return this.running ? AGAIN_MS : 3000;
  }

  draw(now) {
    text(this.progress, progress(now));
    const signature = JSON.stringify(now.found);
    if (signature === this.signature) return;
    this.signature = signature;
    fill(this.found, now.found.map((one) => h("article", {class: "tech-found", "data-driver": one.driver, "data-certain": one.certain ? "yes" : "no"},
      h("h3", {}, icon(one.certain ? "ok" : "ask"), `${one.name} · ${one.baud}`),
      h("p", {}, one.identity ? t("tech.find.identity", one.identity) : t("tech.find.cards", {cards: one.cards.join("、").toUpperCase(), n: one.frames, share: Math.round(one.share * 100)}),
        one.checked ? "" : ` ${t("tech.find.unchecked")}`), config(one.config))));
  }
}

function progress(now) {
  if (now.error) return t(`tech.find.error.${now.error}`);
  if (!now.running) return t(now.found.length ? "tech.find.done" : now.heard.length ? "tech.find.garbage" : "tech.find.nothing");
  if (now.mode === "osdp") return now.asked < 0 ? t("tech.find.asking", {baud: now.baud}) : t("tech.find.address", {baud: now.baud, n: now.asked});
  return `${t("tech.find.present", {baud: now.baud})} ${now.heard.length ? t("tech.find.heard", {n: now.heard.reduce((sum, one) => sum + one.bytes, 0)}) : ""}`.trim();
}

class Calibrate {
  constructor() {
    this.message = message();
    this.reader = new Choice(t("tech.reader"));
    this.kind = new Choice(t("tech.known"), () => this.kinds());
    this.kind.offer(KINDS.map((kind) => [kind, t(`tech.known.${kind}`)]));
    this.known = h("input", {maxlength: 40, autocomplete: "off", spellcheck: "false", autocapitalize: "characters"});
    this.number = h("label", {class: "tech-field"}, h("span", {}, t("tech.known.number")), this.known);
    this.go = h("button", {type: "submit", class: "tech-do", "data-tone": "go", "data-do": "calibrate"}, t("tech.calibrate.go"));
    this.result = h("div", {class: "tech-body", role: "status"});
    this.element = h("form", {class: "tech-part", onsubmit: (event) => { event.preventDefault(); this.begin(); }}, h("h2", {}, t("tech.calibrate")), h("p", {class: "tech-hint"}, t("tech.calibrate.note")),
      this.reader.element, this.kind.element, this.number, this.go, this.message, this.result);
    this.loop = new Loop(() => this.look());
  }

  open() { this.loop.on(); }
  leave() { this.loop.off(); }

  offer(readers, state) {
    this.reader.offer(readers.map((row) => [row.device, `${deviceName(row.device, state)} · ${row.driver}`]));
  }

  kinds() {
    set(this.number, "hidden", this.kind.value === "reader");
  }

  async begin() {
    say(this.message, null);
    const more = this.now?.result?.state === "several" && this.now.device === this.reader.value;
    try {
      await (this.now?.waiting ? post("/technician/calibration/stop") : post("/technician/calibration", {device: this.reader.value, known: this.known.value, kind: this.kind.value, more}));
    } catch (error) {
      say(this.message, error);
    }
    this.loop.on();
  }

  async look() {
    const {calibration} = await get("/technician/calibration");
    this.now = calibration;
    text(this.go, t(calibration?.waiting ? "tech.calibrate.stop" : calibration?.result?.state === "several" ? "tech.calibrate.more" : "tech.calibrate.go"));
    this.draw(calibration);
    return calibration?.waiting ? AGAIN_MS : 3000;
  }

  draw(now) {
    const signature = JSON.stringify(now);
    if (signature === this.signature) return;
    this.signature = signature;
    const result = now?.result;
    fill(this.result, now?.waiting ? h("p", {class: "tech-big"}, t("tech.calibrate.wait")) : null,
      now?.cards.length ? h("p", {}, t("tech.calibrate.said", {said: now.cards.at(-1).said, known: now.cards.at(-1).known.toUpperCase()})) : null,
      result && !now.waiting ? [h("p", {class: "tech-big", "data-result": result.state}, t(`tech.calibrate.${result.same ? "same" : result.state}`, {n: result.rules.length})),
        result.rules.length ? h("ul", {class: "tech-rules"}, result.rules.map((rule) => h("li", {}, rule))) : null, result.config ? config(result.config) : null] : null);
  }
}
