// What the page knows of where it runs. On plain HTTP there is no crypto.randomUUID, so keys are made of getRandomValues.

export const base = document.documentElement.dataset.base;

/** A new random key for one press. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The language that was chosen on this tablet, or nothing. */
export function languageCookie() {
  return /(?:^|; )lang=([\w-]+)/.exec(document.cookie)?.[1];
}
