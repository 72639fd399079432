// Day, night, or by the hour: night from 18:30 to 6:30 on the tablet's own clock, or when the system asks for dark.

const MODES = ["auto", "day", "night"];
let mode = localStorage.getItem("theme") || "auto";

/** auto, day or night: what was chosen. */
export const chosen = () => mode;

/** The next of the three. */
export function next() {
  mode = MODES[(MODES.indexOf(mode) + 1) % MODES.length];
  localStorage.setItem("theme", mode);
  apply();
}

/** Put the theme on the page; called once a minute. */
export function apply() {
  const now = new Date();
  const minutes = now.getHours() * 60 + now.getMinutes();
  const dark = minutes >= 18 * 60 + 30 || minutes < 6 * 60 + 30 || matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = mode === "auto" ? (dark ? "night" : "day") : mode;
}
