// The rooms of the guard's page, in the order of the rail. Each is made once a page, for those who do the gate's work.

import {Convoys} from "./convoys.js";
import {Desk} from "./desk.js";
import {Duty} from "./duty.js";
import {Find} from "./find.js";
import {Goods} from "./goods.js";
import {Requests} from "./requests.js";

/** `board`: {who, leader, shown(id), go(id), visit(number)}. */
export const rooms = (board) => [
  new Desk(board),
  new Goods(board),
  new Requests(board),
  new Duty(board),
  new Convoys(board),
  new Find(board),
];
