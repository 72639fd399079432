// The page: sign in, then the board with both lanes, live. Everything shown comes from the gate's own state; nothing is guessed.

import {get, onSignedOut, request} from "./api.js";
import {Escort} from "./escort.js";
import {Bar} from "./bar.js";
import {Strip} from "./bulletins.js";
import {Commands} from "./commands.js";
import {showPass} from "./detail.js";
import {dialog, fill, h, set} from "./dom.js";
import {base} from "./env.js";
import * as i18n from "./i18n.js";
import {keysOf, listen, table} from "./keyboard.js";
import {LaneCard} from "./lane.js";
import {Link} from "./link.js";
import {showPeople} from "./people.js";
import {loadNames} from "./names.js";
import {showPhrases} from "./phrases.js";
import {pause} from "./picture.js";
import {LANES, Rail} from "./rail.js";
import {Register} from "./register.js";
import {roomsFor} from "./rooms.js";
import {Side} from "./side.js";
import {signIn} from "./signin.js";
import * as theme from "./theme.js";
import {listen as listenForScans} from "./wedge.js";

const root = document.getElementById("app");
const PASS_KINDS = /^(access|pass|vehicle|picture|barrier|passback)\./;
let board = null;

class Board {
  constructor(who, rooms) {
    this.who = who;
    this.cards = new Map();
    this.mayCommand = who.role !== "technician";
    this.bar = new Bar(who, {language: () => this.language(), keys: () => this.keys(), people: showPeople, phrases: showPhrases, convoys: () => this.go("convoys"), leave: () => this.handOver()});
    this.strip = new Strip(who.user, () => this.handOver());
    this.register = new Register((seq) => showPass(seq, this.mayCommand, () => this.register.later()));
    this.side = new Side();
    this.lanes = h("div", {class: "lanes"});
    this.leader = who.role === "leader";
    this.room = LANES.id;
    this.rooms = rooms(this);
    this.escort = this.mayCommand ? new Escort(this) : null;
    this.rail = new Rail(this.rooms, (id) => this.go(id), this.escort?.button ?? "");
    this.main = h("main", {class: "board", "data-view": "lanes"}, this.lanes,
      h("div", {class: "below"}, this.register.element, this.side.element), this.rooms.map((room) => room.element));
    fill(root, h("div", {class: "page"}, this.bar.element, this.bar.banner, this.bar.clockWarning, this.escort?.element ?? null, this.mayCommand ? this.strip.element : null,
      h("div", {class: "frame"}, this.rooms.length ? this.rail.element : null, this.main)));
    this.above = new ResizeObserver(() => this.measure());
    for (const part of [this.bar.element, this.bar.clockWarning, this.escort?.element, this.strip.element]) if (part) this.above.observe(part);
    this.go(this.mayCommand ? LANES.id : this.rooms[0].id);
    this.unlisten = listen(() => (this.mayCommand ? [...this.cards.values()] : []));
    this.onBack = () => { for (const box of document.querySelectorAll("dialog")) box.close(); this.go(this.mayCommand ? LANES.id : this.rooms[0].id); };
    addEventListener("popstate", this.onBack);
    this.unscan = listenForScans((text) => this.scanned(text));
    this.link = new Link({
      hello: (data) => this.hello(data), state: (state) => this.state(state), stale: (age) => this.stale(age), end: () => showSignIn(),
      journal: (event) => { if (PASS_KINDS.test(event.kind)) this.register.later(); for (const room of this.rooms) room.journal(event); },
      tap: (card) => this.tap(card), scan: (found) => this.desk?.scan(found), issuing: (step) => this.desk?.issuing(step),
      reset: () => { this.register.later(); for (const room of this.rooms) room.later(); },
    });
    this.commands = new Commands(this.link, (lane, report) => {
      pause.until = report.kind === "sending" ? performance.now() + 2500 : 0;
      this.cards.get(lane)?.show(report);
    });
    this.clock = setInterval(() => this.second(), 1000);
    this.register.load();
    loadNames();
  }

  /** How much stands above the rail, so that it fits the screen and its foot stays in sight. */
  measure() {
    const above = this.rail.element.parentElement?.getBoundingClientRect().top + scrollY;
    if (above) document.documentElement.style.setProperty("--above", `${Math.round(above)}px`);
  }

  /** Lanes with the register, or lanes as strips with a room below. */
  go(id) {
    if (id !== LANES.id && !history.state?.room) history.pushState({room: true}, ""); // the tablet's «back» leads to the lanes, not out of the page
    this.room = id;
    set(this.main, "data-view", id === LANES.id ? "lanes" : this.rooms.find((room) => room.id === id)?.layout ?? "desk");
    for (const room of this.rooms) set(room.element, "hidden", room.id !== id);
    for (const card of this.cards.values()) card.close();
    this.rail.show(id);
    this.rooms.find((room) => room.id === id)?.open();
  }

  /** A visit, wherever one is: in the visitors' room. */
  visit(number) {
    this.go("visits");
    this.desk?.pane.load(number);
  }

  /** A card at the desk's reader, a QR code from a scanner that types. */
  tap(card) {
    for (const room of this.rooms) room.tap?.(card);
  }

  scanned(text) {
    if (!this.desk) return;
    this.go("visits");
    this.desk.expected.find(text);
  }

  /** An expected visitor at a lane's scanner: their visit, with one tap. */
  arrived(appointment) {
    if (!this.desk) return;
    this.go("visits");
    this.desk.pane.leave();
    this.desk.expected.arrive(appointment, "qr");
  }

  get desk() {
    return this.rooms.find((room) => room.id === "visits");
  }

  /** Whether that room is open now. */
  shown(id) {
    return this.room === id;
  }

  hello(data) {
    if (!base.endsWith(data.build)) location.reload(); // the gate runs a newer page
  }

  state(state) {
    this.last = state;
    this.skew = state.now_ms - Date.now();
    for (const [n, lane] of state.lanes.entries()) {
      if (!this.cards.has(lane.id)) {
        const card = new LaneCard(lane, (action, reason) => this.commands.press(lane.id, action, reason), keysOf(n), (appointment) => this.arrived(appointment));
        this.cards.set(lane.id, card);
        this.lanes.append(card.element);
      }
    }
    this.bar.update(state);
    this.strip.update(state);
    this.side.update(state);
    for (const room of this.rooms) room.update(state);
    this.escort?.update(state);
    this.rail.update();
    this.draw();
    this.commands.seen(state.lanes);
  }

  draw() {
    const fresh = this.link.fresh;
    for (const lane of this.last?.lanes ?? []) this.cards.get(lane.id).update(lane, this.last.now_ms, fresh && this.mayCommand, this.last.faults);
  }

  stale(age) {
    this.bar.stale(age);
    const stale = age !== null;
    set(this.main, "data-stale", stale ? "yes" : "no");
    if (stale !== this.wasStale) {
      this.wasStale = stale;
      if (this.last) this.draw();
      if (stale) for (const card of this.cards.values()) card.close();
    }
  }

  second() {
    if (!this.last || !this.link.fresh) return;
    const now = Date.now() + this.skew;
    this.bar.tickTime(now);
    for (const card of this.cards.values()) card.updateSince(now);
    const minute = Math.floor(now / 60_000);
    if (minute !== this.minute) { this.minute = minute; this.strip.draw(); for (const room of this.rooms) room.draw(); }
    theme.apply();
  }

  keys() {
    dialog(i18n.t("keys.title"), i18n.t("dialog.close"), [table(this.last?.lanes ?? []), h("p", {}, i18n.t("keys.note"))]);
  }

  async language() {
    await i18n.other();
    start();
  }

  /** «交班» leads into the hand-over; whoever is not on duty at the post only signs out. */
  handOver() {
    const duty = this.rooms.find((room) => room.id === "duty");
    if (!duty) { this.leave(); return; }
    this.go("duty");
    duty.handOver();
  }

  /** Somebody else signs in here and takes over; whoever is here stays on duty until that is done. */
  takeOver() {
    const from = this.who;
    showSignIn({from: from.user, back: () => start()});
  }

  async leave() {
    await request("DELETE", "/session").catch(() => null);
    showSignIn();
  }

  close() {
    this.link.close();
    this.unlisten();
    this.unscan();
    removeEventListener("popstate", this.onBack);
    this.rail.end();
    this.escort?.end();
    this.above.disconnect();
    for (const room of this.rooms) room.end();
    clearInterval(this.clock);
  }
}

/** `taking`: {from, back()} when somebody takes over from that user, who is still signed in here. */
function showSignIn(taking = null) {
  board?.close();
  board = null;
  for (const box of document.querySelectorAll("dialog")) box.close();
  signIn(root, () => start(taking?.from), taking);
}

async function start(from = "") {
  board?.close();
  board = null;
  let who, rooms;
  try {
    who = await get("/session");
    rooms = await roomsFor(who.role);
  } catch {
    await signIn(root, start);
    return;
  }
  board = new Board(who, rooms);
  if (from && from !== who.user && board.mayCommand) {
    board.go("duty");
    board.rooms.find((room) => room.id === "duty").count(from);
  }
}

onSignedOut.call = () => { if (board) showSignIn(); };
theme.apply();
await i18n.load();
await start();
