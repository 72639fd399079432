// A QR scanner that types like a keyboard, while no field has the focus. Its letters must not press anything: «GE1:…», «GE2:…» have an E, and E holds a
// barrier. So a G waits a moment for what follows: keys that come faster than a hand can, and spell GE1 or GE2, are kept from everybody else until they
// end; a G that nothing follows is a key press like any other.

const HAND_MS = 60;
const END_MS = 250;
const HEADS = ["GE1:", "GE2:"];

/** Listen; `scanned(text)` gets the whole. Returns a function that ends it. */
export function listen(scanned) {
  let typed = "";
  let at = 0;
  let timer = 0;
  let again = false;
  const take = (event) => { event.preventDefault(); event.stopImmediatePropagation(); };
  const alone = ({key, target}) => {
    typed = "";
    again = true;
    (target.isConnected ? target : document.body).dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
    again = false;
  };
  const done = () => {
    clearTimeout(timer);
    const whole = typed;
    typed = "";
    if (whole.length > HEADS[0].length) scanned(whole);
  };
  const onKey = (event) => {
    if (again) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches?.("input, select, textarea")) { typed = ""; return; }
    const gap = performance.now() - at;
    if (typed.length > 1 && event.key === "Enter") { take(event); done(); return; }
    if (event.key.length !== 1 || event.repeat) return;
    at = performance.now();
    const next = (typed && gap < HAND_MS ? typed : "") + event.key;
    const fits = HEADS.some((head) => head.startsWith(next.toUpperCase()) || next.toUpperCase().startsWith(head));
    if (!fits) { typed = ""; return; }
    typed = next;
    take(event);
    clearTimeout(timer);
    timer = typed.length === 1 ? setTimeout(alone, HAND_MS, event) : setTimeout(done, END_MS);
  };
  addEventListener("keydown", onKey, {capture: true});
  return () => { clearTimeout(timer); removeEventListener("keydown", onKey, {capture: true}); };
}
