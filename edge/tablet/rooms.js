// The rooms of the guard's page, in the order of the rail. Each is made once a page, for those who do the gate's work.

import {Desk} from "./desk.js";
import {Find} from "./find.js";

/** `board`: {who, leader, shown(id), go(id), visit(number)}. */
export const rooms = (board) => [new Desk(board), new Find(board)];
