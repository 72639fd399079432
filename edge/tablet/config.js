// The configuration, for technicians: by form or as text, what would change, on trial for a minute, kept or given up, every version one tap away.

import {get, post} from "./api.js";
import {Form} from "./config-form.js";
import {fill, h, set, text} from "./dom.js";
import {clock, word} from "./format.js";
import {has, t} from "./i18n.js";
import {icon} from "./icons.js";
import {Loop, message, say} from "./tech-parts.js";

const VIEWS = ["form", "text", "versions"];

export class ConfigPane {
  constructor(board) {
    this.id = "config";
    this.board = board;
    this.message = message();
    this.trial = h("div", {role: "status"});
    this.now = h("p", {class: "tech-hint"});
    this.form = new Form((changes) => this.edit(changes));
    this.area = h("textarea", {class: "config-text", spellcheck: "false", autocapitalize: "off", rows: 22, "aria-label": t("config.text"), oninput: () => { this.text = this.area.value; this.stale(); }});
    this.list = h("div", {class: "tech-list"});
    this.bodies = {form: this.form.element, text: h("div", {class: "tech-body"}, h("p", {class: "tech-hint"}, t("config.text.note")), this.area), versions: this.list};
    this.views = h("div", {class: "tech-acts config-views"}, VIEWS.map((view) => h("button", {type: "button", class: "tech-do", "data-view": view, onclick: () => this.show(view)}, t(`config.view.${view}`))));
    this.means = h("div", {class: "tech-body", role: "status"});
    this.reason = h("input", {maxlength: 200, autocomplete: "off", "aria-label": t("config.reason"), placeholder: t("config.reason")});
    this.check = h("button", {type: "button", class: "tech-do", "data-do": "compare", onclick: () => this.compare()}, t("config.compare"));
    this.go = h("button", {type: "button", class: "tech-do", "data-tone": "go", "data-do": "apply", disabled: true, onclick: () => this.apply()}, t("config.apply"));
    this.foot = h("div", {class: "tech-body"}, this.check, this.means, h("label", {class: "tech-field"}, h("span", {}, t("config.reason")), this.reason), this.go, h("p", {class: "tech-hint"}, t("config.rule")));
    this.element = h("section", {class: "tech-pane"}, h("h2", {}, t("tech.pane.config")), this.trial, this.now, this.message, this.views, Object.values(this.bodies), this.foot);
    this.loop = new Loop(() => this.look());
    this.show("form");
  }

  open() { this.loop.on(); }
  leave() { this.loop.off(); }
  journal(event) { if (event.kind.startsWith("config.") && this.status) this.loop.on(); }

  show(view) {
    this.view = view;
    for (const button of this.views.children) set(button, "aria-pressed", button.dataset.view === view ? "true" : "false");
    for (const [name, body] of Object.entries(this.bodies)) set(body, "hidden", name !== view);
    set(this.foot, "hidden", view === "versions");
    if (view === "text") this.area.value = this.text ?? "";
    if (view === "form" && this.text !== undefined && this.text !== this.shown) this.edit([]);
  }

  /** What is in force; asked often while a version is on trial. */
  async look() {
    const status = await get("/config");
    const news = JSON.stringify([status.active, status.trial?.version, status.versions.length]);
    this.status = status;
    if (news !== this.news) {
      if (!this.schema) { this.schema = await get("/config/schema"); this.form.learn(this.schema); }
      await this.take(status.active);
      this.drawVersions();
      this.news = news;
    }
    this.drawTrial();
    return status.trial ? 1000 : 5000;
  }

  /** Work on this version from now on: what was edited and not applied stays as it is typed, unless another version came into force. */
  async take(number) {
    const one = await get(`/config/versions/${number}`);
    this.base = number;
    this.use(one.text, one.values);
    this.stale();
    const version = this.status.versions.find((each) => each.number === number);
    text(this.now, t("config.now", {n: number, by: who(version), at: clock(version.at_ms), why: version.reason || t("config.no-reason")}));
  }

  use(words, values) {
    this.text = this.shown = words;
    this.area.value = words;
    this.form.draw(values);
  }

  async edit(changes) {
    say(this.message, null);
    try {
      const done = await post("/config/edit", {text: this.text, changes});
      this.use(done.text, done.values);
      this.stale();
    } catch (error) {
      say(this.message, error);
    }
  }

  /** What was compared is not what stands here any more. */
  stale() {
    fill(this.means);
    this.go.disabled = true;
  }

  async compare() {
    say(this.message, null);
    const found = await post("/config/compare", {text: this.text}).catch((error) => { say(this.message, error); return null; });
    if (!found) return;
    fill(this.means, found.problems.length ? [warning(t("config.problems", {n: found.problems.length})), list(found.problems)] : [
      consequence("keys", found.keys), consequence("devices", found.devices), consequence("lanes", found.lanes),
      found.restart.length ? warning(t("config.restart", {keys: found.restart.join(", ")})) : null,
      found.waits.length ? warning(`${t("config.waits")} ${found.waits.map((one) => `${this.lane(one.lane)}: ${word("config.wait", one.why)}`).join("; ")}`) : null],
    found.diff.length ? h("pre", {class: "config-diff", tabindex: "0", "aria-label": t("config.diff")}, found.diff.map((line) => h("span", {"data-sign": line[0]}, `${line}\n`))) : h("p", {class: "tech-hint"}, t("config.same")));
    this.go.disabled = found.problems.length > 0 || !found.diff.length || Boolean(this.status.trial);
  }

  lane(id) { return this.state?.lanes.find((one) => one.id === id)?.name ?? id; }
  update(state) { this.state = state; }

  apply() {
    return this.act(() => post("/config/apply", {text: this.text, base: this.base, reason: this.reason.value.trim()}, {timeout: 30_000}), () => { this.reason.value = ""; });
  }

  confirm() { return this.act(() => post(`/config/versions/${this.status.trial.version}/confirm`)); }
  revert(number) { return this.act(() => post(`/config/versions/${number}/revert`, {reason: ""}, {timeout: 30_000})); }

  async act(what, then = () => {}) {
    say(this.message, null);
    for (const button of [this.go, ...this.trial.querySelectorAll("button")]) button.disabled = true;
    try {
      await what();
      then();
    } catch (error) {
      say(this.message, error);
    }
    this.drawn = null;
    this.loop.on();
  }

  /** The minute, with its two answers. The buttons are made once a trial, so that a thumb does not lose them. */
  drawTrial() {
    const trial = this.status.trial;
    if (!trial) { fill(this.trial); this.drawn = null; return; }
    if (this.drawn !== trial.version) {
      this.drawn = trial.version;
      this.left = h("b", {class: "tech-big"});
      fill(this.trial, h("div", {class: "tech-warn config-trial"}, icon("wait"), h("div", {class: "tech-body"}, this.left, h("p", {}, t("config.trial.note", {back: trial.back})),
        h("div", {class: "tech-acts"}, h("button", {type: "button", class: "tech-do", "data-tone": "go", "data-do": "confirm", onclick: () => this.confirm()}, t("config.confirm")),
          h("button", {type: "button", class: "tech-do", "data-tone": "stop", "data-do": "give-up", onclick: () => this.revert(trial.back)}, t("config.give-up"))))));
    }
    text(this.left, t("config.trial", {n: trial.version, s: Math.ceil(trial.left_ms / 1000)}));
  }

  drawVersions() {
    const {active, trial, versions} = this.status;
    fill(this.list, versions.map((one) => {
      const state = trial?.version === one.number ? "trial" : one.number === active ? "active" : one.confirmed ? "kept" : "given-up";
      const body = h("div", {class: "tech-body"});
      const look = async () => {
        const found = await get(`/config/versions/${one.number}`).catch((error) => { say(this.message, error); return null; });
        if (found) fill(body, body.firstChild ? [] : h("pre", {class: "tech-config", tabindex: "0", "aria-label": t("config.text")}, found.text));
      };
      return h("div", {class: "tech-row config-version", "data-version": one.number, "data-state": state}, h("b", {}, String(one.number)), h("div", {},
        h("b", {}, t(`config.state.${state}`)), h("span", {}, `${who(one)} · ${clock(one.at_ms)}`), h("small", {}, [one.reason, word("config.source", one.source), one.digest.slice(0, 12)].filter(Boolean).join(" · ")),
        h("div", {class: "tech-acts"}, h("button", {type: "button", class: "tech-do", "data-do": "look", onclick: look}, t("config.look")),
          one.number === active || trial ? null : h("button", {type: "button", class: "tech-do", "data-do": "return", onclick: () => this.revert(one.number)}, t("config.return"))), body));
    }));
  }
}

const who = (version) => word("config.source", version.by.replace(/^user:/, ""));
const warning = (words) => h("p", {class: "tech-warn"}, icon("warn"), words);
const list = (lines) => h("ul", {class: "tech-rules config-problems"}, lines.map((line) => h("li", {}, line)));
const consequence = (name, values) => (values.length && has(`config.means.${name}`) ? h("p", {}, h("b", {}, t(`config.means.${name}`)), ` ${values.join(", ")}`) : null);
