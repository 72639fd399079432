// Signing in: tap a name, enter the PIN on large keys (or a keyboard).

import {get, inWords, post, Lost} from "./api.js";
import {fill, h, text} from "./dom.js";
import {other} from "./i18n.js";
import {icon} from "./icons.js";
import {t} from "./i18n.js";

const CARD_MS = 2000;

/** Show the page in `root`; `done()` when somebody is signed in. `taking`: {from, back()} when somebody takes over from that user (D6). */
export async function signIn(root, done, taking = null) {
  const message = h("p", {class: "message", role: "alert"});
  const names = h("div", {class: "names", role: "list"});
  const title = h("h1", {}, t("app.title"));
  const box = h("main", {class: "signin"}, h("header", {}, title, h("div", {},
    h("button", {type: "button", class: "soft", onclick: async () => { await other(); await signIn(root, done, taking); }}, t("bar.language")),
    taking ? h("button", {type: "button", class: "soft", onclick: taking.back}, t("people.back")) : null)),
  h("p", {class: "lead"}, t(taking ? "signin.taking" : "signin.who")), names, message);
  fill(root, box);
  let known;
  try {
    known = await get("/people");
  } catch (error) {
    text(message, inWords(error));
    names.append(h("button", {type: "button", class: "soft", onclick: () => signIn(root, done, taking)}, t("signin.again")));
    return;
  }
  text(title, known.gate);
  const people = known.people.filter((person) => person.user !== taking?.from && !(taking && person.role === "technician"));
  const open = (person) => { clearInterval(timer); pad(root, person, () => signIn(root, done, taking), done, Boolean(taking)); };
  const timer = setInterval(() => byCard(root, box, timer, people, open, done, Boolean(taking)), CARD_MS);
  for (const person of people) {
    names.append(h("div", {role: "listitem"}, h("button", {type: "button", class: `person ${person.role}`, "data-user": person.user,
      onclick: () => open(person)}, icon("people"), h("b", {}, person.name), h("small", {}, t(`role.${person.role}`)))));
  }
}

/** A staff card at the desk reader says who it is: their PIN is asked, or, where the community says that the card is enough, no more. */
async function byCard(root, box, timer, people, open, done, taking) {
  if (!box.isConnected) { clearInterval(timer); return; }
  const found = await get("/people").catch(() => null);
  const person = found?.card && box.isConnected && people.find((one) => one.user === found.card.user);
  if (!person) return;
  clearInterval(timer);
  if (!found.card.ticket) { open(person); return; }
  try {
    await post("/session", {user: person.user, ticket: found.card.ticket, device: deviceName(), taking_over: taking});
    done();
  } catch {
    open(person); // another tablet was first, or it is over: with the PIN then
  }
}

function pad(root, person, back, done, taking) {
  let pin = "";
  let sending = false;
  const dots = h("p", {class: "dots", role: "img"});
  const message = h("p", {class: "message", role: "alert"});
  const show = () => {
    text(dots, "●".repeat(pin.length) || "—");
    dots.setAttribute("aria-label", t("signin.digits", {n: pin.length}));
  };
  const type = (digit) => { if (pin.length < 12 && !sending) { pin += digit; text(message, ""); show(); } };
  const erase = () => { pin = pin.slice(0, -1); show(); };
  const enter = async () => {
    if (sending || !pin) return;
    sending = true;
    box.setAttribute("aria-busy", "true");
    text(message, t("signin.sending"));
    try {
      await post("/session", {user: person.user, pin, device: deviceName(), taking_over: taking});
      removeEventListener("keydown", onKey);
      done();
    } catch (error) {
      text(message, error instanceof Lost ? t("signin.lost") : inWords(error));
      pin = "";
      show();
    }
    sending = false;
    box.removeAttribute("aria-busy");
  };
  const leave = () => { removeEventListener("keydown", onKey); back(); };
  const onKey = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (/^\d$/.test(event.key)) type(event.key);
    else if (event.key === "Backspace") erase();
    else if (event.key === "Enter" && !(event.target instanceof HTMLButtonElement)) enter();
    else if (event.key === "Escape") leave();
  };
  addEventListener("keydown", onKey);
  const key = (label, onclick, more = {}) => h("button", {type: "button", class: "key", onclick, ...more}, label);
  const box = h("main", {class: "signin pad"},
    h("header", {}, h("h1", {}, t("signin.hello", {name: person.name})), h("button", {type: "button", class: "soft", onclick: leave}, t("signin.back"))),
    h("p", {class: "lead"}, t("signin.pin")), dots, message,
    h("div", {class: "keys"}, ..."123456789".split("").map((n) => key(n, () => type(n))),
      key("⌫", erase, {"aria-label": t("signin.erase")}), key("0", () => type("0")),
      key(t("signin.enter"), enter, {class: "key enter"})));
  fill(root, box);
  show();
}

/** What this tablet is called in the record: its own name if one was given, else what kind of device it is. */
function deviceName() {
  return (localStorage.getItem("device") || navigator.userAgentData?.platform || navigator.platform || "").slice(0, 40);
}
