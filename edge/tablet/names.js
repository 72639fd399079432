// The names of the gate's people by their ids, for records that carry only the id.

import {get} from "./api.js";

const known = new Map();

/** Ask for the names; once, when the board opens. */
export async function loadNames() {
  const found = await get("/people").catch(() => null);
  for (const person of found?.people ?? []) known.set(person.user, person.name);
}

/** The name, or the id itself of somebody who has left. */
export const nameOf = (user) => known.get(user) ?? user;
