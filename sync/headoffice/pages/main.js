// Head office's page: who is signed in, and which room is open.

import {get, onSignedOut, post, remove} from "./api.js";
import {fill, h} from "./dom.js";
import {load, other, t} from "./i18n.js";
import {charts} from "./charts.js";
import {find} from "./find.js";
import {registry} from "./registry.js";
import {requests} from "./requests.js";
import * as others from "./rooms.js";

const rooms = {...others, charts, find, registry, requests};
const app = document.getElementById("app");
const ROOMS = [["gates"], ["live"], ["find"], ["requests"], ["charts"], ["registry"], ["proof", "certify"], ["looks", "looks"], ["people", "people"]];
let end = () => {};
let show = () => {};

const MODES = ["auto", "day", "night"];
let mode = localStorage.getItem("office-theme") || "auto";
function theme() {
  const hour = new Date().getHours();
  const dark = hour >= 19 || hour < 6 || matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = mode === "auto" ? (dark ? "night" : "day") : mode;
}

function signIn(message = "") {
  end();
  end = () => {};
  show = () => {};
  for (const box of document.querySelectorAll("dialog")) box.close();
  const name = h("input", {name: "name", autocomplete: "username", required: true, autofocus: true});
  const password = h("input", {type: "password", name: "password", autocomplete: "current-password", required: true});
  const said = h("p", {class: "message", role: "alert"}, message);
  const form = h("form", {class: "card sign", onsubmit: async (event) => {
    event.preventDefault();
    try {
      await enter(await post("/session", {name: name.value, password: password.value}));
    } catch (refused) {
      said.textContent = `${refused.message} ${refused.hint}`;
    }
  }}, h("h1", {}, t("app.title")), h("label", {}, t("sign.name"), name), h("label", {}, t("sign.password"), password), said,
  h("button", {class: "primary"}, t("sign.in")), h("button", {type: "button", class: "soft", onclick: async () => { await other(); signIn(); }}, t("app.other")));
  fill(app, h("main", {}, form));
}

function choose(me) {
  end();
  end = () => {};
  show = () => {};
  const old = h("input", {type: "password", name: "old", autocomplete: "current-password", required: true});
  const fresh = h("input", {type: "password", name: "new", autocomplete: "new-password", minlength: 10, required: true});
  const said = h("p", {class: "message", role: "alert"}, me.fresh ? t("sign.fresh") : "");
  const form = h("form", {class: "card sign", onsubmit: async (event) => {
    event.preventDefault();
    try {
      await post("/password", {old: old.value, new: fresh.value});
      await enter(await get("/session"));
    } catch (refused) {
      said.textContent = `${refused.message} ${refused.hint}`;
    }
  }}, h("h2", {}, t("sign.change")), h("label", {}, t("sign.old"), old), h("label", {}, t("sign.new"), fresh), said, h("button", {class: "primary"}, t("sign.change")),
  !me.fresh && h("button", {type: "button", class: "soft", onclick: () => enter(me)}, t("close")));
  fill(app, h("main", {}, form));
}

async function enter(me) {
  end();
  end = () => {};
  if (me.fresh) return choose(me);
  const main = h("main");
  const nav = h("nav", {"aria-label": t("app.rooms")});
  show = () => { // the address says which room, and what is asked there
    end();
    for (const box of document.querySelectorAll("dialog")) box.close();
    const [name, asked] = location.hash.slice(1).split("?");
    const room = ROOMS.some(([known, need]) => known === name && (!need || me.may.includes(need))) ? name : "gates";
    for (const button of nav.children) {
      if (button.dataset.room === room) button.setAttribute("aria-current", "page");
      else button.removeAttribute("aria-current");
    }
    end = rooms[room](main, me, Object.fromEntries(new URLSearchParams(asked)));
    scrollTo(0, 0);
  };
  const open = (name) => (location.hash === `#${name}` ? show() : (location.hash = name));
  for (const [name, need] of ROOMS) {
    if (!need || me.may.includes(need)) nav.append(h("button", {type: "button", "data-room": name, onclick: () => open(name)}, t(`room.${name}`)));
  }
  fill(app, h("header", {class: "bar"}, h("h1", {}, t("app.title")), nav,
    h("button", {type: "button", onclick: () => { mode = MODES[(MODES.indexOf(mode) + 1) % 3]; localStorage.setItem("office-theme", mode); theme(); enter(me); }}, t(`theme.${mode}`)),
    h("button", {type: "button", onclick: async () => { await other(); enter(me); }}, t("app.other")),
    h("button", {type: "button", class: "who", onclick: () => choose(me)}, `${me.name} · ${t(`role.${me.role}`)}`),
    h("button", {type: "button", onclick: async () => { await remove("/session").catch(() => {}); signIn(); }}, t("sign.out"))), main);
  show();
}

addEventListener("hashchange", () => show());
onSignedOut.call = () => signIn(t("sign.over"));
await load();
theme();
setInterval(theme, 60_000);
try {
  await enter(await get("/session"));
} catch {
  signIn();
}
