// «这是货车»: from wherever it is tapped, the goods room opens with that truck (goods.js listens).

/** `lane`: the exit at which it stands. */
export const truckAt = (lane) => dispatchEvent(new CustomEvent("truck", {detail: {lane}}));
