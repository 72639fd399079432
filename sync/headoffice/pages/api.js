// Requests. Each answers, or throws a Refusal with what to do. Nothing is sent twice by itself.

import {own, t} from "./i18n.js";

export class Refusal extends Error {
  constructor(status, error) {
    super(own(error.message));
    this.status = status;
    this.code = error.code;
    this.hint = own(error.hint);
  }
}

export const onSignedOut = {call: () => {}};

export const newKey = () => [...crypto.getRandomValues(new Uint8Array(12))].map((n) => n.toString(16).padStart(2, "0")).join("");

async function request(method, path, body, more = {}) {
  const headers = {Accept: "application/json", ...more};
  if (method !== "GET") headers["Idempotency-Key"] ??= newKey();
  const file = body instanceof Blob;
  if (body !== undefined) headers["Content-Type"] = file ? "application/octet-stream" : "application/json";
  let answer;
  let content;
  try {
    answer = await fetch(`/api/v1${path}`, {method, headers, body: body === undefined || file ? body : JSON.stringify(body)});
    content = await answer.json();
  } catch {
    throw new Refusal(0, {code: "lost", message: t("error.lost"), hint: t("error.lost.hint")});
  }
  if (answer.ok) return content;
  const error = content?.error ?? {code: "unknown", message: t("error.lost"), hint: ""};
  if (error.code === "sign-in" && path !== "/session") onSignedOut.call();
  throw new Refusal(answer.status, error);
}

export const get = (path, query = {}) => {
  const said = Object.entries(query).filter(([, value]) => value !== "" && value !== 0 && value !== undefined);
  return request("GET", said.length ? `${path}?${new URLSearchParams(said)}` : path);
};
/** `key`: of a press that may be sent again and is to be done once. */
export const post = (path, body, key) => request("POST", path, body, key ? {"Idempotency-Key": key} : {});
export const remove = (path) => request("DELETE", path);
/** A file as the body. */
export const send = (path, file, headers) => request("POST", path, file, headers);
