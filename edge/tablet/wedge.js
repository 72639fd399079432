// A QR scanner that types like a keyboard, while no field has the focus. Its letters must not press anything: «GE1:…» has an E, and E holds a
// barrier. So keys that follow a G faster than a hand can, and spell GE1, are taken out of everybody's way until they end.

const HAND_MS = 60;
const END_MS = 250;
const HEAD = "GE1:";

/** Listen; `scanned(text)` gets the whole. Returns a function that ends it. */
export function listen(scanned) {
  let typed = "";
  let at = 0;
  let timer = 0;
  const done = () => {
    clearTimeout(timer);
    const whole = typed;
    typed = "";
    if (whole.length > HEAD.length) scanned(whole);
  };
  const onKey = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches?.("input, select, textarea")) { typed = ""; return; }
    const gap = performance.now() - at;
    at = performance.now();
    if (typed && event.key === "Enter") { event.preventDefault(); event.stopImmediatePropagation(); done(); return; }
    if (event.key.length !== 1) return;
    const next = typed + event.key;
    const fits = HEAD.startsWith(next.toUpperCase()) || next.toUpperCase().startsWith(HEAD);
    typed = fits && (!typed || gap < HAND_MS) ? next : HEAD.startsWith(event.key.toUpperCase()) ? event.key : "";
    if (typed.length < 2) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    clearTimeout(timer);
    timer = setTimeout(done, END_MS);
  };
  addEventListener("keydown", onKey, {capture: true});
  return () => { clearTimeout(timer); removeEventListener("keydown", onKey, {capture: true}); };
}
