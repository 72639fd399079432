// The ten courtesy phrases (推广礼貌服务用语十条), large, in both languages: to read aloud. One tap from every room, or the key T.

import {get, inWords} from "./api.js";
import {dialog, fill, h} from "./dom.js";
import {t} from "./i18n.js";

export async function showPhrases() {
  const list = h("ol", {class: "ten"});
  dialog(t("phrases.title"), t("dialog.close"), list);
  const found = await get("/phrases").catch((error) => ({error}));
  if (found.error) { list.replaceWith(h("p", {class: "message"}, inWords(found.error))); return; }
  fill(list, found.rows.map((row) => h("li", {}, h("b", {lang: "zh-CN"}, row.zh), h("span", {lang: "en"}, row.en))));
}
