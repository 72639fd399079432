// The people of the gate, for the shift leader: add, rename, give a role, a new PIN (which also unlocks), take out of service.

import {get, inWords, request} from "./api.js";
import {dialog, fill, h, text} from "./dom.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";
import {showPrivacy} from "./privacy.js";

const ROLES = ["guard", "leader", "technician"];

/** The dialog with everybody. */
export async function showPeople() {
  const body = h("div", {});
  dialog(t("people.title"), t("dialog.close"), body);
  await list(body);
}

async function list(body) {
  const found = await get("/users").catch((error) => ({users: [], error}));
  if (found.error) { fill(body, h("p", {class: "message"}, inWords(found.error))); return; }
  fill(body, h("div", {class: "names"}, found.users.map((user) => h("button", {type: "button", class: `person ${user.role}`, "data-user": user.user, onclick: () => edit(body, user)},
    icon(user.enabled ? "people" : "refused"), h("b", {}, user.name), h("small", {}, `${t(`role.${user.role}`)}${user.enabled ? "" : ` · ${t("people.disabled")}`}`))),
  h("button", {type: "button", class: "person add", onclick: () => edit(body, null, found.users)}, "+", h("b", {}, t("people.add")))),
  h("button", {type: "button", class: "soft", "data-open": "privacy", onclick: (event) => { event.currentTarget.closest("dialog").close(); showPrivacy(); }}, t("privacy.title")));
}

function edit(body, user, others = []) {
  const name = h("input", {value: user?.name ?? "", maxlength: 20, required: true, autocomplete: "off"});
  const role = h("select", {}, ROLES.map((one) => h("option", {value: one, selected: one === (user?.role ?? "guard")}, t(`role.${one}`))));
  const pin = h("input", {type: "password", inputmode: "numeric", maxlength: 12, autocomplete: "new-password", required: !user});
  const card = h("input", {value: user?.card ?? "", maxlength: 40, autocomplete: "off", placeholder: t("people.card.none")});
  const enabled = h("input", {type: "checkbox", checked: user?.enabled ?? true});
  const message = h("p", {class: "message", role: "alert"});
  const save = async (event) => {
    event.preventDefault();
    const wanted = {name: name.value.trim(), role: role.value, enabled: enabled.checked, card: card.value.trim()};
    if (pin.value) wanted.pin = pin.value;
    try {
      if (user) await request("PUT", `/users/${user.user}`, {body: wanted});
      else await request("POST", "/users", {body: {...wanted, user: freeId(role.value, others)}});
      await list(body);
    } catch (error) {
      text(message, inWords(error));
    }
  };
  fill(body, h("form", {class: "note", onsubmit: save}, h("label", {}, t("people.name"), name), h("label", {}, t("people.role"), role),
    h("label", {}, t(user ? "people.new-pin" : "people.pin"), pin), h("p", {class: "hint"}, t("people.pin.rule")), h("label", {}, t("people.card"), card),
    user ? h("label", {class: "check"}, enabled, t("people.enabled")) : null, message,
    h("div", {class: "stepper"}, h("button", {type: "button", class: "soft", onclick: () => list(body)}, t("people.back")), h("button", {type: "submit", class: "primary"}, t("note.save")))));
  name.focus();
}

/** guard-1, guard-2 …: the first that nobody has. */
function freeId(role, others) {
  const taken = new Set(others.map((one) => one.user));
  let n = 1;
  while (taken.has(`${role}-${n}`)) n += 1;
  return `${role}-${n}`;
}
