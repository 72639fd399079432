// One reader: its live bytes with the decoder's reading beside them, captures and their replay, OSDP install mode.

import {get, post} from "./api.js";
import {dialog, fill, h, set, text} from "./dom.js";
import {t} from "./i18n.js";
import {word} from "./format.js";
import {icon} from "./icons.js";
import {Choice, deviceName, Loop, message, say} from "./tech-parts.js";

const SHOWN = 120;
const AGAIN_MS = 2000;
const CAPTURE_S = 120;
const INSTALL_S = 300;

export class ReaderPane {
  constructor(board) {
    Object.assign(this, {id: "reader", board});
    this.message = message();
    this.reader = new Choice(t("tech.reader"), () => this.listen());
    this.status = h("p", {class: "tech-hint", role: "status"}, t("tech.raw.wait"));
    this.rows = h("ol", {class: "tech-bytes", tabindex: "0", "aria-label": t("tech.raw")});
    this.record = h("button", {type: "button", class: "tech-do", "data-do": "record", onclick: () => this.capture()}, t("tech.capture.start"));
    this.freeze = h("button", {type: "button", class: "tech-do", "data-do": "pause", "aria-pressed": "false", onclick: () => set(this.freeze, "aria-pressed", String(this.freeze.getAttribute("aria-pressed") !== "true"))}, t("tech.raw.pause"));
    this.install = h("button", {type: "button", class: "tech-do", "data-do": "install", hidden: true, onclick: () => this.askInstall()}, t("tech.install"));
    this.files = h("div", {class: "tech-body"});
    this.file = h("input", {type: "file", accept: ".txt,text/plain", class: "sr", tabindex: "-1", "aria-hidden": "true", onchange: () => this.sentIn()});
    this.element = h("section", {class: "tech-pane"}, this.reader.element, this.message, this.status,
      h("div", {class: "tech-acts"}, this.record, this.freeze, this.install), this.rows, this.files, this.file);
    this.loop = new Loop(() => this.look());
  }

  update(state) { this.state = state; }

  open() {
    this.loop.on();
  }

  leave() {
    this.loop.off();
    this.source?.close();
    this.source = null;
    this.listening = "";
  }

  async look() {
    const [found, captures] = await Promise.all([get("/technician/devices"), get("/technician/captures")]).catch((error) => { say(this.message, error); return []; });
    if (!found) return AGAIN_MS;
    const readers = found.configured.filter((row) => ["reader", "scanner"].includes(row.kind)).sort((a, b) => a.device.localeCompare(b.device));
    this.reader.offer(readers.map((row) => [row.device, `${deviceName(row.device, this.state)} · ${row.driver}`]));
    const row = readers.find((one) => one.device === this.reader.value);
    set(this.install, "hidden", row?.driver !== "osdp");
    text(this.install, row?.state === "installing" ? t("tech.install.stop", {n: row.install_s}) : t("tech.install"));
    this.installing = row?.state === "installing";
    this.recording = captures.running.find((one) => one.device === this.reader.value);
    text(this.record, this.recording ? t("tech.capture.stop", {n: Math.ceil(this.recording.bytes / 1024)}) : t("tech.capture.start"));
    this.drawFiles(captures.files);
    this.listen();
    return this.installing ? 1000 : AGAIN_MS;
  }

  /** The stream of the chosen reader; one that is open already stays. */
  listen() {
    const device = this.reader.value;
    if (!device || device === this.listening) return;
    this.source?.close();
    this.listening = device;
    fill(this.rows);
    text(this.status, t("tech.raw.wait"));
    const source = new EventSource(`/api/v1/technician/readers/${encodeURIComponent(device)}/raw`);
    this.source = source;
    source.addEventListener("bytes", (event) => { if (source === this.source) this.bytes(JSON.parse(event.data)); });
    source.addEventListener("error", () => { if (source === this.source) text(this.status, t("tech.raw.away")); });
    const over = () => { if (source === this.source) { source.close(); this.listening = ""; } }; // the next look opens it again
    source.addEventListener("end", over);
    source.addEventListener("error", over);
  }

  bytes(row) {
    if (this.freeze.getAttribute("aria-pressed") === "true") return;
    text(this.status, row.dropped ? t("tech.raw.dropped", {n: row.dropped}) : t("tech.raw.live"));
    this.rows.prepend(line(row));
    while (this.rows.children.length > SHOWN) this.rows.lastChild.remove();
  }

  async capture() {
    const device = this.reader.value;
    await this.act(this.recording ? () => post(`/technician/captures/${encodeURIComponent(device)}/stop`) : () => post("/technician/captures", {device, seconds: CAPTURE_S}));
  }

  async act(work) {
    say(this.message, null);
    try {
      await work();
    } catch (error) {
      say(this.message, error);
    }
    this.loop.on();
  }

  drawFiles(files) {
    const signature = JSON.stringify(files);
    if (signature === this.signature) return;
    this.signature = signature;
    fill(this.files, h("h2", {}, t("tech.captures")), h("p", {class: "tech-hint"}, t("tech.captures.note")),
      h("ul", {class: "tech-list"}, files.map((file) => h("li", {class: "tech-file", "data-file": file.name}, h("span", {}, file.name.replace(/\.txt$/, ""), h("small", {}, ` ${Math.ceil(file.bytes / 1024)} KB`)),
        h("button", {type: "button", class: "tech-do", "data-do": "replay", onclick: () => this.replay({name: file.name})}, t("tech.replay")),
        h("a", {class: "tech-do", href: `/api/v1/technician/captures/${file.name}`, download: file.name}, t("tech.download"))))),
      h("button", {type: "button", class: "tech-do", "data-do": "send-in", onclick: () => this.file.click()}, t("tech.replay.file")));
  }

  async sentIn() {
    const file = this.file.files[0];
    this.file.value = "";
    if (file) await this.replay({text: await file.text()});
  }

  async replay(wanted) {
    await this.act(async () => {
      const found = await post("/technician/replay", wanted);
      const cards = [...new Set(found.reads.map((read) => read.uid))];
      dialog(t("tech.replay.title"), t("dialog.close"), [
        h("p", {}, t("tech.replay.of", {device: found.device, driver: found.driver, baud: found.baud, n: found.bytes, noise: found.noise})),
        h("p", {class: "tech-big"}, cards.length ? t("tech.replay.cards", {n: found.reads.length, cards: cards.join("、").toUpperCase()}) : t("tech.replay.none")),
        h("p", {class: "tech-hint"}, t("tech.replay.note")), h("ol", {class: "tech-bytes", tabindex: "0", "aria-label": t("tech.raw")}, found.steps.slice(0, 400).map(line))]);
    });
  }

  askInstall() {
    const device = this.reader.value;
    if (this.installing) { this.act(() => post(`/technician/readers/${encodeURIComponent(device)}/install`, {seconds: 0})); return; }
    const box = dialog(t("tech.install.title", {device: deviceName(device, this.state)}), t("dialog.close"), [
      h("p", {class: "tech-warn"}, icon("warn"), h("span", {}, t("tech.install.warn"))),
      h("button", {type: "button", class: "tech-do", "data-do": "really", onclick: () => { box.close(); this.act(() => post(`/technician/readers/${encodeURIComponent(device)}/install`, {seconds: INSTALL_S})); }}, t("tech.install.go", {n: INSTALL_S / 60}))]);
  }
}

/** A chunk: time, bytes, and what the decoder reads in them. */
function line(row) {
  return h("li", {}, h("time", {}, `${(row.ms / 1000).toFixed(3)}`), h("code", {}, row.hex || "—"),
    h("span", {class: "tech-read"}, row.found.map((one) => h("span", {"data-what": one.what}, [word("tech.what", one.what), one.uid.toUpperCase(), one.uid ? "" : one.why].filter(Boolean).join(" ")))));
}
