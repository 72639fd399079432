// The rooms of the guard's page, in the order of the rail. Each is made once a page.

import {Convoys} from "./convoys.js";
import {Desk} from "./desk.js";
import {Duty} from "./duty.js";
import {Find} from "./find.js";
import {Goods} from "./goods.js";
import {more} from "./i18n.js";
import {Requests} from "./requests.js";

/** The rooms of those who do not do the gate's work are loaded only for them. Gives what makes them: (board) => [rooms]. */
export async function roomsFor(role) {
  if (role !== "technician") return rooms;
  const [{Tech}] = await Promise.all([import("./tech.js"), more("tech")]);
  return (board) => [new Tech(board)];
}

/** `board`: {who, leader, shown(id), go(id), visit(number)}. */
const rooms = (board) => [
  new Desk(board),
  new Goods(board),
  new Requests(board),
  new Duty(board),
  new Convoys(board),
  new Find(board),
];
