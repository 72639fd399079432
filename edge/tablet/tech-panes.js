// The panes of the technician's room, in the order of their tabs.

import {ConfigPane} from "./config.js";
import {CameraPane} from "./tech-camera.js";
import {DevicesPane} from "./tech-devices.js";
import {FindPane} from "./tech-find.js";
import {PinsPane} from "./tech-pins.js";
import {ReaderPane} from "./tech-reader.js";

/** `board`: see rooms.js. */
export const panes = (board) => [
  new DevicesPane(board),
  new ReaderPane(board),
  new FindPane(board),
  new PinsPane(board),
  new CameraPane(board),
  new ConfigPane(board),
];
