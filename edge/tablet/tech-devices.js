// What is configured (the worst first), what is plugged in, what each is bound to, what is missing.

import {get} from "./api.js";
import {fill, h} from "./dom.js";
import {clock, word} from "./format.js";
import {has, t} from "./i18n.js";
import {icon} from "./icons.js";
import {deviceName, Loop, message, say} from "./tech-parts.js";

const ICONS = {ok: "ok", secure: "ok", fault: "warn", absent: "refused", installing: "wait", released: "wait"};
const AGAIN_MS = 4000;
/** «open 17, up_limit 5» in words; a port stays as it is. */
const wired = (where) => String(where).replace(/\b([a-z_]+)(?= \d+(,|$))/g, (name) => (has(`config.key.${name}`) ? t(`config.key.${name}`) : name));

export class DevicesPane {
  constructor() {
    this.id = "devices";
    this.message = message();
    this.body = h("div", {class: "tech-body"});
    this.element = h("section", {class: "tech-pane"}, this.message, this.body);
    this.loop = new Loop(() => this.look());
  }

  open() { this.loop.on(); }
  leave() { this.loop.off(); }

  update(state) {
    this.state = state;
    if (this.found) this.draw(this.found);
  }

  async look() {
    const found = await get("/technician/devices").catch((error) => { say(this.message, error); return null; });
    if (found) { say(this.message, null); this.found = found; this.draw(found); }
    return AGAIN_MS;
  }

  draw(found) {
    const signature = JSON.stringify([found, this.state?.lanes.map((lane) => lane.name)]);
    if (signature === this.signature) return;
    this.signature = signature;
    fill(this.body,
      h("h2", {}, t("tech.configured")), h("ul", {class: "tech-list"}, found.configured.map((row) => this.configured(row))),
      h("h2", {}, t("tech.serial")), this.list(found.serial, (port) => this.plugged(port)),
      h("h2", {}, t("tech.cameras")), this.list(found.cameras, (camera) => this.plugged(camera)),
      h("h2", {}, t("tech.pins")), this.pins(found.pins));
  }

  list(rows, draw) {
    return rows.length ? h("ul", {class: "tech-list"}, rows.map(draw)) : h("p", {class: "empty"}, t("tech.none"));
  }

  configured(row) {
    const bad = ["fault", "absent"].includes(row.state);
    return h("li", {class: "tech-row", "data-device": row.device, "data-state": row.state}, icon(ICONS[row.state] ?? "ask"),
      h("div", {}, h("b", {}, deviceName(row.device, this.state)), h("span", {class: "tech-state", "data-tone": bad ? "bad" : "good"}, word("tech.state", row.state)),
        h("small", {}, [row.name || row.driver, wired(row.where)].filter(Boolean).join(" · ")),
        row.state === "absent" ? h("p", {}, t("tech.absent.do")) : null,
        row.install_s ? h("p", {}, t("tech.install.left", {n: row.install_s})) : null,
        row.faults.map((fault) => h("p", {}, `${word("fault", fault.code)}（${clock(fault.since_ms)}）${has(`fault.${fault.code}.do`) ? t(`fault.${fault.code}.do`) : ""}`, fault.detail ? h("small", {}, fault.detail) : null))));
  }

  plugged(one) {
    const used = one.bound.map((device) => deviceName(device, this.state)).join("、");
    return h("li", {class: "tech-row", "data-port": one.path}, icon(one.bound.length ? "ok" : "ask"),
      h("div", {}, h("b", {}, one.names[0] ?? one.path), h("span", {class: "tech-state"}, used || t("tech.unbound")),
        h("small", {}, [one.about, one.names.length ? one.path : "", one.usb, one.serial].filter(Boolean).join(" · "))));
  }

  pins(rows) {
    return h("details", {}, h("summary", {}, t("tech.pins.some", {n: rows.filter((row) => row.bound).length})),
      h("ul", {class: "tech-pins"}, rows.map((row) => h("li", {"data-bound": row.bound ? "yes" : null}, h("b", {}, String(row.pin)),
        h("span", {}, row.bound ? deviceName(row.bound, this.state) : row.user || (row.used ? t("tech.used") : t("tech.free"))), h("small", {}, row.bound && row.user ? row.user : row.name)))));
  }
}
