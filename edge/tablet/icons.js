// Pictures of states. No state is told by colour alone: each has its own shape, and its word beside it.

const NS = "http://www.w3.org/2000/svg";

function svg(size, ...shapes) {
  const root = document.createElementNS(NS, "svg");
  root.setAttribute("viewBox", `0 0 ${size} ${size}`);
  root.setAttribute("aria-hidden", "true");
  root.setAttribute("focusable", "false");
  root.classList.add("icon");
  for (const [tag, attributes] of shapes) {
    const shape = document.createElementNS(NS, tag);
    for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
    root.append(shape);
  }
  return root;
}

const line = (d, more = {}) => ["path", {d, fill: "none", stroke: "currentColor", "stroke-width": 5, "stroke-linecap": "round", "stroke-linejoin": "round", ...more}];
const solid = (d, more = {}) => ["path", {d, fill: "currentColor", ...more}];

const ANGLE = {down: 0, up: -78, rising: -40, falling: -40, stopped: -40, held: -78, unknown: -25, fault: -14};
const SIGN = {
  rising: [line("M48 40V22M40 29l8-8 8 8")],
  falling: [line("M48 20v18M40 31l8 8 8-8")],
  stopped: [solid("M41 20h12l6 6v12l-6 6H41l-6-6V26z"), line("M43 32h8", {class: "cut", "stroke-width": 4})],
  held: [solid("M38 32h20v16H38z"), line("M42 32v-5a6 6 0 0 1 12 0v5", {"stroke-width": 4})],
  unknown: [line("M42 27a6 6 0 1 1 8 6c-2 1-2 2-2 4M48 44v.1")],
  fault: [solid("M48 16 62 42H34z"), line("M48 25v8M48 38v.1", {class: "cut", "stroke-width": 4})],
};

/** The barrier as it is: post, arm at its angle, and a sign for what the angle does not say. */
export function barrier(phase) {
  const angle = ANGLE[phase] ?? -25;
  const dash = phase === "unknown" ? {"stroke-dasharray": "7 7"} : {};
  return svg(64,
    solid("M8 34h10v24H8z"), line("M4 59h56", {"stroke-width": 4}),
    line("M13 36H60", {transform: `rotate(${angle} 13 36)`, "stroke-width": 6, class: "arm", ...dash}),
    ...(SIGN[phase] ?? []));
}

const ICONS = {
  open: [line("M16 26V7M7 15l9-9 9 9")],
  close: [line("M16 6v19M7 17l9 9 9-9")],
  stop: [solid("M10 4h12l6 6v12l-6 6H10l-6-6V10z"), line("M11 16h10", {class: "cut", "stroke-width": 4})],
  hold: [solid("M6 14h20v14H6z"), line("M10 14v-4a6 6 0 0 1 12 0v4", {"stroke-width": 4})],
  release: [solid("M6 14h20v14H6z"), line("M10 14v-4a6 6 0 0 1 11-3", {"stroke-width": 4})],
  in: [line("M4 16h19M15 8l8 8-8 8"), line("M28 5v22", {"stroke-width": 4})],
  out: [line("M28 16H9M17 8l-8 8 8 8"), line("M4 5v22", {"stroke-width": 4})],
  ok: [line("M5 17l7 8L27 7")],
  ask: [line("M10 11a6 6 0 1 1 8.500 5.500C16.500 17.500 16 18.500 16 20.500M16 27v.1", {"stroke-width": 4.5})],
  refused: [line("M7 7l18 18M25 7 7 25")],
  hand: [line("M9 17V9a2.500 2.500 0 0 1 5 0v6V6a2.500 2.500 0 0 1 5 0v9-6a2.500 2.500 0 0 1 5 0v10c0 6-4 9-8 9-5 0-7-3-10-8", {"stroke-width": 3})],
  warn: [solid("M16 3 31 29H1z"), line("M16 12v8M16 24.500v.1", {class: "cut", "stroke-width": 3.500})],
  car: [line("M5 20l3-9h16l3 9v6H5zM5 20h22", {"stroke-width": 3}), solid("M8 23h3v1.500H8zM21 23h3v1.500h-3z")],
  salute: [line("M16 12a4 4 0 1 0-.1 0M8 28c0-8 3-12 8-12s8 4 8 12M26 5l-6 3", {"stroke-width": 3})],
  cloud: [line("M9 25a6 6 0 0 1 0-12 8 8 0 0 1 15 2 5 5 0 0 1 0 10z", {"stroke-width": 3})],
  book: [line("M6 5h9v22H6zM15 5h11v22H15z", {"stroke-width": 3})],
  people: [line("M16 14a5 5 0 1 0-.1 0M6 28c0-7 4-11 10-11s10 4 10 11", {"stroke-width": 3})],
  day: [line("M16 11a5 5 0 1 0 .1 0M16 3v3M16 26v3M3 16h3M26 16h3M7 7l2 2M23 23l2 2M7 25l2-2M23 9l2-2", {"stroke-width": 3})],
  night: [solid("M20 3a13 13 0 1 0 9 20A11 11 0 0 1 20 3z")],
  auto: [line("M16 4a12 12 0 1 0 .1 0", {"stroke-width": 3}), solid("M16 4a12 12 0 0 1 0 24z")],
  leave: [line("M13 5H5v22h8M12 16h16M22 10l6 6-6 6", {"stroke-width": 3})],
  keys: [line("M3 8h26v16H3zM8 13v.1M13 13v.1M18 13v.1M23 13v.1M10 19h12", {"stroke-width": 3})],
  gate: [solid("M4 14h6v14H4z"), line("M7 16 28 9", {"stroke-width": 4}), line("M2 28h28", {"stroke-width": 3})],
  box: [line("M4 10 16 4l12 6v13l-12 6-12-6zM4 10l12 6 12-6M16 16v13", {"stroke-width": 3})],
  phone: [line("M8 4h5l2 7-4 3c2 4 4 6 8 8l3-4 7 2v5c0 2-2 3-4 3C14 27 5 18 4 8c0-2 2-4 4-4z", {"stroke-width": 3})],
  duty: [line("M7 6h18v23H7zM12 3h8v6h-8zM12 15h9M12 21h9", {"stroke-width": 3})],
  search: [line("M14 23a9 9 0 1 1 .1 0M21 21l8 8", {"stroke-width": 4})],
  cross: [line("M16 6v20M6 16h20", {"stroke-width": 6})],
  bell: [line("M7 24h18l-3-5v-6a6 6 0 0 0-12 0v6zM14 28h4", {"stroke-width": 3})],
  camera: [line("M3 9h7l2-4h8l2 4h7v18H3zM16 23a5 5 0 1 0-.1 0", {"stroke-width": 3})],
  wrench: [line("M20 5a7 7 0 0 0-8 9L4 22l6 6 8-8a7 7 0 0 0 9-8l-4 4-5-1-1-5z", {"stroke-width": 3})],
  flame: [line("M17 4c0 6 7 8 7 15a8 8 0 0 1-16 0c0-4 3-5 3-9 3 1 4 3 4 5 2-3 3-6 2-11z", {"stroke-width": 3})],
  leaf: [line("M7 22C5 11 14 5 27 5c0 13-6 20-17 19M5 28c3-7 8-11 14-14", {"stroke-width": 3})],
  broom: [line("M27 4 17 14M9 13l10 10-3 5-11-2-2-6zM10 20l-3 6", {"stroke-width": 3})],
  shirt: [line("M11 5 4 10l3 5 3-2v14h12V13l3 2 3-5-7-5c-2 3-8 3-10 0z", {"stroke-width": 3})],
  heart: [line("M16 27C4 18 5 7 11 7c3 0 5 3 5 4 0-1 2-4 5-4 6 0 7 11-5 20z", {"stroke-width": 3})],
  wait: [line("M9 4h14M9 28h14M10 4c0 8 12 12 12 24M22 4c0 8-12 12-12 24", {"stroke-width": 3})],
};

/** A small picture by name. */
export const icon = (name) => svg(32, ...(ICONS[name] ?? ICONS.ask));
