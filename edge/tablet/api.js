// Requests. Each either answers, or throws a Refusal (the gate said no, and why) or a Lost (nobody knows what became of it).
// Nothing is ever queued or sent a second time: a late «open» is dangerous.

import {newKey} from "./env.js";
import {t} from "./i18n.js";

/** The gate answered that it will not, with its one error shape. */
export class Refusal extends Error {
  constructor(status, error) {
    super(error.message);
    this.status = status;
    this.code = error.code;
    this.hint = error.hint;
  }
}

/** No answer: the request may have arrived or not. `key` lets one ask later whether it is on record. */
export class Lost extends Error {
  constructor(key) {
    super(t("error.lost"));
    this.code = "lost";
    this.hint = t("error.lost.hint");
    this.key = key;
  }
}

/** What to show of one: what it is, and what to do. */
export const inWords = ({message, hint}) => (hint ? t("error.said", {message, hint}) : message);

/** Called when the session is over. */
export const onSignedOut = {call: () => {}};

/** One request. `timeout` in ms is longer than a command lives at the gate (2 s), so that time-out never means «too early». */
export async function request(method, path, {body, key, timeout = 8000} = {}) {
  const used = method === "GET" ? undefined : key ?? newKey();
  const headers = {Accept: "application/json"};
  if (used) headers["Idempotency-Key"] = used;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  let content;
  try {
    answer = await fetch(`/api/v1${path}`, {
      method, headers, cache: "no-store", credentials: "same-origin",
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(timeout),
    });
    content = await answer.json();
  } catch {
    throw new Lost(used);
  }
  if (answer.ok) return content;
  const error = content?.error ?? {code: "unknown", message: t("error.unknown"), hint: ""};
  if (answer.status === 401 && error.code === "sign-in") onSignedOut.call();
  throw new Refusal(answer.status, error);
}

export const get = (path, options) => request("GET", path, options);
export const post = (path, body, options) => request("POST", path, {body, ...options});
