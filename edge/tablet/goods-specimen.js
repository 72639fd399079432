// Specimens of signatures, which permits are compared with: whose it is, the picture from the desk's camera or a file, cut to the signature;
// and those on file. What may be kept is small (48 kB), so the page cuts and compresses; nothing else of the picture leaves the tablet.

import {get} from "./api.js";
import {fill, h, set, text} from "./dom.js";
import {clock} from "./format.js";
import {chips, input, labelled} from "./goods-form.js";
import {t} from "./i18n.js";
import {icon} from "./icons.js";
import {both, fieldName, heading} from "./visit-words.js";

const WIDTH = 880;
const HEIGHT = 360;
const MOST_BYTES = 48 * 1024;
const QUALITIES = [0.85, 0.7, 0.55, 0.4, 0.25];
const STEP = 0.06;
const ZOOM = 1.25;
const REASONS = ["new", "mistake"];

/** A picture that is moved and enlarged under a frame; by dragging, or by its buttons. */
class Cut {
  constructor() {
    this.canvas = h("canvas", {width: WIDTH, height: HEIGHT, class: "specimen-cut", role: "img", "aria-label": t("specimen.cut")});
    const button = (id, sign, go) => h("button", {type: "button", class: "answer", "data-cut": id, "aria-label": t(`specimen.${id}`), onclick: go}, sign);
    const move = (dx, dy) => () => this.move(dx * STEP * WIDTH, dy * STEP * WIDTH);
    this.element = h("div", {class: "specimen-frame", hidden: true}, this.canvas, h("div", {class: "answers cut"},
      button("larger", "＋", () => this.zoom(ZOOM)), button("smaller", "－", () => this.zoom(1 / ZOOM)),
      button("left", "←", move(-1, 0)), button("right", "→", move(1, 0)), button("up", "↑", move(0, -1)), button("down", "↓", move(0, 1))));
    this.canvas.addEventListener("pointerdown", (event) => { this.from = [event.clientX, event.clientY]; this.canvas.setPointerCapture(event.pointerId); });
    this.canvas.addEventListener("pointermove", (event) => this.drag(event));
    this.canvas.addEventListener("pointerup", () => { this.from = null; });
    this.canvas.addEventListener("pointercancel", () => { this.from = null; });
  }

  show(image) {
    this.image = image;
    this.least = Math.max(WIDTH / image.width, HEIGHT / image.height);
    Object.assign(this, {scale: this.least, x: image.width / 2, y: image.height / 2});
    this.element.hidden = false;
    this.draw();
  }

  zoom(by) {
    this.scale = Math.min(this.least * 12, Math.max(this.least, this.scale * by));
    this.draw();
  }

  /** Move the frame over the picture, in pixels of the frame. */
  move(dx, dy) {
    this.x += dx / this.scale;
    this.y += dy / this.scale;
    this.draw();
  }

  drag(event) {
    if (!this.from) return;
    const by = WIDTH / this.canvas.clientWidth;
    this.move((this.from[0] - event.clientX) * by, (this.from[1] - event.clientY) * by);
    this.from = [event.clientX, event.clientY];
  }

  draw() {
    const [wide, high] = [WIDTH / this.scale, HEIGHT / this.scale];
    const within = (at, half, size) => Math.min(size - half, Math.max(half, at));
    this.x = within(this.x, wide / 2, this.image.width);
    this.y = within(this.y, high / 2, this.image.height);
    this.canvas.getContext("2d").drawImage(this.image, this.x - wide / 2, this.y - high / 2, wide, high, 0, 0, WIDTH, HEIGHT);
  }

  /** JPEG in base64, small enough; null while there is no picture. */
  jpeg() {
    if (!this.image) return null;
    const tries = QUALITIES.map((quality) => () => this.canvas.toDataURL("image/jpeg", quality).split(",")[1]);
    let made = "";
    for (const attempt of tries) {
      made = attempt();
      if (made.length * 3 / 4 <= MOST_BYTES) break;
    }
    return made;
  }
}

/** The pane: `room` is the goods room. */
export async function specimens(room) {
  room.begin();
  const words = await room.knows().catch((error) => { room.say(error); return null; });
  if (!words) return;
  const of = Object.fromEntries(words.roles.map((role) => [role.role, role.of]));
  const fields = {unit: input("specimen-unit"), company: input("specimen-company"), name: input("specimen-name")};
  const whose = {unit: labelled(t("goods.unit"), fields.unit, true), company: labelled(fieldName("company"), fields.company, true)};
  const show = (role) => { for (const [name, label] of Object.entries(whose)) label.hidden = of[role] !== name; };
  const role = chips(t("goods.role"), words.roles.map((one) => [one.role, both(one)]), words.roles[0].role, show);
  const cut = new Cut();
  const list = h("ul", {class: "specimen-list", "aria-label": t("specimen.filed")});
  const file = h("input", {type: "file", accept: "image/*", name: "specimen-file", hidden: true, onchange: () => take(() => file.files[0])});

  /** A picture from the camera or a file into the frame. */
  async function take(source) {
    text(room.message, "");
    try {
      const blob = await source();
      if (blob) cut.show(await createImageBitmap(blob));
    } catch (error) {
      room.say(error.hint === undefined ? {message: t("specimen.unread")} : error);
    }
    file.value = "";
  }

  async function camera() {
    const answer = await fetch("/api/v1/goods/camera.jpg", {cache: "no-store", credentials: "same-origin"});
    if (answer.ok) return answer.blob();
    throw (await answer.json()).error;
  }

  async function save() {
    const wanted = of[role.value()];
    const missing = wanted && !fields[wanted].value.trim() ? fields[wanted] : null;
    if (missing) { set(missing, "aria-invalid", "true"); missing.focus(); room.say({message: t("field.missing", {name: wanted === "unit" ? t("goods.unit") : fieldName(wanted)})}); return; }
    const picture = cut.jpeg();
    if (!picture) { room.say({message: t("specimen.needed")}); return; }
    const given = {role: role.value(), picture, name: fields.name.value.trim()};
    if (wanted) given[wanted] = fields[wanted].value.trim();
    const done = await room.send("/goods/specimens", given);
    if (!done) return;
    await specimens(room);
    room.say({message: t("specimen.saved")});
    set(room.message, "data-tone", "go");
  }

  async function withdraw(row, reason) {
    if (await room.send(`/goods/specimens/${row.specimen}/withdraw`, {reason: t(`specimen.why.${reason}`)})) await fillList();
  }

  function filed(row) {
    const whom = [both(row, "role"), row.unit || row.company, row.name].filter(Boolean).join(" · ");
    const why = h("div", {class: "answers reasons", hidden: true, role: "group", "aria-label": t("specimen.why")}, REASONS.map((one) => room.button(`withdraw-${one}`, t(`specimen.why.${one}`), "stop", () => withdraw(row, one))));
    return h("li", {"data-specimen": row.specimen}, h("img", {src: `/api/v1/pictures/${row.digest}`, alt: t("goods.specimen", {name: row.name || "—"}), width: 220, height: 90}),
      h("div", {}, h("b", {}, whom), h("small", {}, clock(row.at_ms, undefined, false))),
      h("button", {type: "button", class: "answer", "data-answer": "withdraw", "data-tone": "stop", "aria-label": t("specimen.withdraw.of", {whom}), onclick: () => { why.hidden = false; why.querySelector("button").focus(); }}, t("specimen.withdraw")), why);
  }

  async function fillList() {
    const {rows} = await get("/goods/specimens").catch((error) => { room.say(error); return {rows: []}; });
    fill(list, rows.length ? rows.map(filed) : h("li", {class: "empty"}, t("specimen.none")));
  }

  room.show([heading(t("specimen.title"), null), h("p", {class: "visit-hint"}, t("specimen.do")), room.message, h("div", {class: "goods-form"}, role.element,
    h("div", {class: "visit-form"}, whose.unit, whose.company, labelled(t("goods.signer"), fields.name)),
    h("div", {class: "answers"}, h("button", {type: "button", class: "answer", "data-answer": "specimen-camera", onclick: () => take(camera)}, icon("camera"), h("span", {}, t("specimen.camera"))),
      h("button", {type: "button", class: "answer", "data-answer": "specimen-file", onclick: () => file.click()}, icon("book"), h("span", {}, t("specimen.file"))), file), cut.element,
    h("div", {class: "answers goods-bottom"}, room.button("specimen-save", t("specimen.save"), "go", save), room.button("back", t("goods.back"), "stop", () => room.home()))), list]);
  show(role.value());
  role.element.querySelector("button").focus({preventScroll: true});
  await fillList();
}
