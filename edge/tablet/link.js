// The live link to the gate: server-sent events, and whether what is shown is still true.
//
// The browser's own error and close events are not trusted: a stalled Wi-Fi raises none of them for minutes. The gate sends a
// beat every 2 s; after 5 s without one the page is stale. A beat can also come late out of some buffer, so its delay against
// the quickest one seen counts as age too. Both the steady and the wall clock are asked, because the first one may stand still
// while the tablet sleeps.

import {get} from "./api.js";

const STALE_MS = 5000;
const REOPEN_MS = 6000;

export class Link {
  /** `on`: {state(snapshot), journal(event), reset(), tap(card), scan(found), issuing(step), stale(ageMs or null), hello(data), end()} */
  constructor(on) {
    this.on = on;
    this.seq = null;
    this.epoch = "";
    this.tick = 0;
    this.got = null; // when the last beat came, by both clocks
    this.offset = Infinity; // the quickest beat: arrival less tick
    this.delay = 0;
    this.opened = 0;
    this.reopen = () => this.open();
    this.visible = () => { if (!document.hidden) this.open(); };
    document.addEventListener("visibilitychange", this.visible);
    addEventListener("online", this.reopen);
    addEventListener("pageshow", this.reopen);
    this.timer = setInterval(() => this.look(), 250);
    this.open();
  }

  /** Connect anew, saying what is known already. */
  open() {
    this.source?.close();
    this.opened = performance.now();
    const query = new URLSearchParams();
    if (this.seq !== null) { query.set("after", this.seq); query.set("epoch", this.epoch); }
    const source = new EventSource(`/api/v1/stream?${query}`);
    this.source = source;
    const hear = (name, handle) => source.addEventListener(name, (event) => {
      if (source === this.source) handle(JSON.parse(event.data), event);
    });
    hear("hello", (data) => {
      const fresh = this.seq === null;
      this.offset = Infinity;
      this.beat(data);
      this.epoch = data.epoch;
      if (fresh) this.seq = data.head;
      this.on.hello(data);
    });
    hear("beat", (data) => this.beat(data));
    hear("state", (data) => this.on.state(data));
    hear("journal", (data) => { this.seq = data.seq; this.on.journal(data); });
    hear("reset", (data) => { this.seq = data.head; this.on.reset(); });
    for (const name of ["tap", "scan", "issuing"]) hear(name, (data) => this.on[name]?.(data));
    hear("end", () => this.on.end());
  }

  beat(data) {
    const now = performance.now();
    this.tick = data.tick;
    this.got = {steady: now, wall: Date.now()};
    this.offset = Math.min(this.offset, now - data.tick);
    this.delay = now - data.tick - this.offset;
    this.look();
  }

  /** Milliseconds since the last beat came, by whichever clock says more. */
  sinceBeat() {
    if (!this.got) return Infinity;
    return Math.max(performance.now() - this.got.steady, Date.now() - this.got.wall, 0);
  }

  /** How old the newest thing that is known of the gate is, in ms. */
  age() {
    return this.sinceBeat() + this.delay;
  }

  get fresh() {
    return this.age() < STALE_MS;
  }

  /** What a command carries: the last beat's tick, and how long ago it came. */
  stamp() {
    return {tick: this.tick, age_ms: Math.round(this.sinceBeat())};
  }

  look() {
    const age = this.age();
    this.on.stale(age < STALE_MS ? null : age);
    if (this.sinceBeat() > REOPEN_MS && performance.now() - this.opened > REOPEN_MS) {
      this.open();
      get("/session", {timeout: REOPEN_MS}).catch(() => {}); // a session that is over says so here, not in the stream
    }
  }

  close() {
    clearInterval(this.timer);
    this.source?.close();
    document.removeEventListener("visibilitychange", this.visible);
    removeEventListener("online", this.reopen);
    removeEventListener("pageshow", this.reopen);
  }
}
