// The registry's room: which version each gate has, the lists and their rows, and what is changed of them (a table that is handed in, or single
// entries), looked at, published.

import {get, post, remove, send} from "./api.js";
import {fill, h} from "./dom.js";
import {ago, has, language, t, time} from "./i18n.js";
import {entryForm, entryGone} from "./registry-entry.js";
import {problem, shown} from "./registry-words.js";

const TONES = {same: "go", behind: "care", none: "care", other: "care", newer: "stop", refused: "stop", unheard: "care"};
const said = (refused) => h("p", {class: "message", role: "alert"}, `${refused.message} ${refused.hint}`);
const named = (lists, name) => { const one = lists.find((x) => x.list === name); return one ? one[language() === "en" ? "en" : "zh"] : name; };
const NEVER_OVER = ["cards", "phones", "phrases", "schedules"];
const word = (prefix, code) => (has(`${prefix}.${code}`) ? t(`${prefix}.${code}`) : code);

export function registry(main, me) {
  const may = {see: me.may.includes("persons"), publish: me.may.includes("publish")};
  const state = h("div", {role: "status"});
  const gates = h("section", {class: "card stack scroll"});
  const lists = h("section", {class: "card stack"});
  const [known, held] = [h("div"), h("div")];
  const work = h("section", {class: "card stack", "aria-live": "polite", hidden: true});
  const versions = h("section", {class: "card stack scroll"});
  fill(main, h("h2", {}, t("room.registry")), h("p", {class: "note"}, t("registry.about")), state, work, gates, lists, versions);
  let found = {lists: [], gates: [], versions: [], drafts: []};

  const look = () => get("/registry").then((answer) => {
    const again = JSON.stringify([answer.lists, answer.drafts]) !== JSON.stringify([found.lists, found.drafts]);
    found = answer;
    fill(state);
    fill(gates, h("h3", {}, t("registry.gates", {n: found.number})), gateTable());
    if (!lists.children.length) fill(lists, h("h3", {}, t("registry.lists")), known, held, may.see && handIn());
    if (again) { fill(known, listTable()); fill(held, may.see && waiting()); } // never the form: somebody may be filling it in
    fill(versions, h("h3", {}, t("registry.versions")), versionTable());
  }).catch((refused) => fill(state, said(refused)));

  // ---- gates

  const gateTable = () => (found.gates.length === 0 ? h("p", {class: "note"}, t("registry.nogate")) : h("table", {}, h("thead", {}, h("tr", {}, ...["gate", "version", "since", "state"].map((key) => h("th", {}, t(`registry.${key}`))))),
    h("tbody", {}, ...found.gates.map((g) => h("tr", {"data-gate": g.gate, "data-state": g.state},
      h("td", {}, h("b", {}, g.gate), " ", g.online === false && h("span", {class: "chip"}, t("gate.offline"))),
      h("td", {}, g.number ? String(g.number) : g.version || "–"), h("td", {}, g.since_ms ? `${time(g.since_ms)} (${ago(g.since_ms)})` : "–"),
      h("td", {}, h("span", {class: "chip", "data-tone": TONES[g.state]}, t(`registry.state.${g.state}`, {n: g.behind})),
        g.refused && h("p", {class: "message"}, t("registry.refused", {n: g.refused.number, why: word("registry.why", g.refused.why), line: g.refused.line || g.refused.key})),
        ...g.open.map(([list, key, why]) => h("p", {class: "note"}, t("registry.open", {list: named(found.lists, list), key, why: word("registry.why", why)})))))))));

  // ---- lists

  const listTable = () => h("div", {class: "buttons"}, ...found.lists.map((one) => h("button", {type: "button", class: "soft", "data-list": one.list, disabled: !may.see,
    onclick: () => rows(one)}, `${named(found.lists, one.list)} `, h("span", {class: "chip"}, t("registry.rows", {n: one.rows})))));

  async function rows(one) {
    const words = await shown(one.list).catch((refused) => fill(state, said(refused)));
    if (!words) return;
    const text = h("input", {type: "search", maxlength: 60, "aria-label": t("registry.find")});
    const [head, body] = [h("tr", {}, h("td", {}), ...one.headings.map((x) => h("th", {}, words.heading(x)))), h("tbody")];
    let above = "";
    const mine = found.drafts.find((d) => d.edits && d.list === one.list && d.by === me.name);
    const note = h("p", {class: "note", role: "status"});
    const more = h("button", {type: "button", class: "soft", hidden: true}, t("registry.more"));
    let after = "";
    const ask = (on) => get("/registry/rows", {list: one.list, text: text.value.trim(), after: on ? after : ""}).then((page) => {
      if (!on) { fill(body); above = ""; }
      body.append(...page.rows.map((cells, n) => {
        const key = page.keys[n];
        const first = key !== above; // a permit has a row for each of its items
        above = key;
        return h("tr", {}, h("td", {class: "acts"}, first && h("div", {class: "pair"}, ...[["edit", () => write(one, key)], ["out", () => out(one, key, note)]].map(([what, act]) =>
          h("button", {type: "button", class: "soft", "aria-label": `${t(`registry.entry.${what}`)} ${cells.slice(0, 2).join(" ")}`, onclick: act}, t(`registry.entry.${what}`))))), ...cells.map((cell, at) => h("td", {class: cell.length <= 16 ? "short" : ""}, words.cell(one.headings[at], cell))));
      }));
      [...head.cells].forEach((th, n) => { // a column in which nothing stands takes no room
        const cells = [...body.rows].map((row) => row.cells[n]);
        const empty = n > 0 && cells.length > 0 && !cells.some((td) => td.textContent);
        for (const cell of [th, ...cells]) cell.hidden = empty;
      });
      after = page.after;
      more.hidden = !after;
      note.textContent = body.children.length ? t("registry.shown", {n: body.children.length}) : t("registry.nothing");
    }).catch((refused) => fill(note, said(refused)));
    more.addEventListener("click", () => ask(true));
    show(h("h3", {tabindex: -1}, named(found.lists, one.list)),
      h("form", {class: "ask", onsubmit: (event) => { event.preventDefault(); ask(false); }}, h("label", {class: "wide"}, t("registry.find"), text), h("button", {class: "soft"}, t("find.go")),
        ...["csv", "xlsx"].map((form) => h("a", {class: "soft", href: `/api/v1/registry/file?list=${one.list}&form=${form}`, download: `${one.list}.${form}`}, t("registry.take", {form: form.toUpperCase()}))),
        !NEVER_OVER.includes(one.list) && h("button", {type: "button", class: "soft", onclick: () => post(`/registry/tidy?list=${one.list}`, {}).then(preview).then(look).catch((refused) => fill(note, said(refused)))}, t("registry.tidy")),
        h("button", {type: "button", class: "primary", onclick: () => write(one, "")}, t("registry.entry.new")),
        h("button", {type: "button", class: "soft", onclick: hide}, t("close"))),
      mine && h("p", {class: "sent"}, t("registry.mine"), " ", h("button", {type: "button", class: "soft", onclick: () => open(mine)}, t("registry.mine.open"))),
      note, h("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": named(found.lists, one.list)}, h("table", {}, h("thead", {}, head), body)), more);
    ask(false);
  }

  const write = (one, key) => entryForm(one.list, key, {title: t(key ? "registry.entry.edit.of" : "registry.entry.new.of", {list: named(found.lists, one.list)}), show, hide: () => rows(one), done: (d) => { preview(d); look(); }})
    .catch((refused) => fill(state, said(refused)));
  const out = (one, key, note) => entryGone(one.list, key).then((d) => { preview(d); look(); }).catch((refused) => fill(note, said(refused)));

  // ---- handing in

  const open = (d) => get(`/registry/drafts/${d.number}`).then(preview).catch((refused) => fill(state, said(refused)));
  const waiting = () => found.drafts.length > 0 && h("div", {class: "stack"}, h("h3", {}, t("registry.waiting")), h("div", {class: "buttons"}, ...found.drafts.map((d) =>
    h("button", {type: "button", class: "soft", "data-draft": d.number, onclick: () => open(d)},
      `${named(found.lists, d.list)} · ${d.name || t("registry.edits")} · ${d.by} · ${d.broken ? t("registry.broken.short") : d.waits ? t("registry.reading") : ago(d.at_ms)}`))));

  function handIn() {
    const list = h("select", {name: "list"}, ...found.lists.map((one) => h("option", {value: one.list}, named(found.lists, one.list))));
    const mode = h("select", {name: "mode"}, ...["changes", "whole"].map((one) => h("option", {value: one}, t(`registry.mode.${one}`))));
    const file = h("input", {type: "file", name: "file", accept: ".csv,.xlsx,.json", required: true});
    const columns = h("p", {class: "note"});
    const say = () => { columns.textContent = t("registry.columns", {columns: found.lists.find((one) => one.list === list.value)?.[language() === "en" ? "columns" : "headings"].join(t("list.comma")) ?? ""}); };
    list.addEventListener("change", say);
    say();
    return h("form", {class: "ask", onsubmit: async (event) => {
      event.preventDefault();
      show(h("p", {class: "note"}, t("registry.reading")));
      try {
        await preview(await send(`/registry/drafts?${new URLSearchParams({list: list.value, mode: mode.value})}`, file.files[0], {"X-File-Name": encodeURIComponent(file.files[0].name)}));
        file.value = "";
      } catch (refused) {
        show(said(refused), h("button", {type: "button", class: "soft", onclick: hide}, t("close")));
      }
      look();
    }}, h("h3", {class: "line"}, t("registry.import")), h("label", {}, t("registry.list"), list), h("label", {}, t("registry.mode"), mode), h("label", {class: "wide"}, t("registry.file"), file),
    h("button", {class: "primary"}, t("registry.preview")), columns);
  }

  /** How far the comparing of a large table is, until it is done or somebody looks at something else. */
  function comparing(d) {
    const [bar, note] = [h("progress", {class: "far", max: 100, value: d.share, "aria-label": t("registry.reading")}), h("p", {class: "note", role: "status"}, t("registry.comparing"))];
    show(title(d), bar, note);
    const again = () => setTimeout(async () => {
      if (!bar.isConnected) return;
      try {
        const now = await get(`/registry/drafts/${d.number}`);
        if (!bar.isConnected) return;
        if (!now.waits || now.broken) { preview(now); look(); return; }
        bar.value = now.share;
      } catch (refused) {
        fill(note, said(refused));
        if (refused.code === "no-draft") return;
      }
      again();
    }, 700);
    again();
  }

  const title = (d) => h("h3", {tabindex: -1}, d.edits ? t("registry.edits.of", {list: named(found.lists, d.list), by: d.by}) : t("registry.preview.of", {list: named(found.lists, d.list), name: d.name, by: d.by}));

  async function preview(d) {
    const words = await shown(d.list);
    const note = h("div", {role: "status"});
    const again = (key) => h("button", {type: "button", class: "primary", onclick: () => post(`/registry/drafts/${d.number}/again`, {}).then(preview).catch((no) => fill(note, said(no)))}, t(key));
    let sure = d.by === me.name;
    const drop = h("button", {type: "button", class: "soft", onclick: () => {
      if (!sure) { sure = true; drop.textContent = t("registry.drop.sure", {by: d.by}); return; } // somebody else's work
      (d.number ? remove(`/registry/drafts/${d.number}`) : Promise.resolve()).then(() => { hide(); look(); }).catch((refused) => fill(note, said(refused)));
    }}, t("registry.drop"));
    if (d.broken) {
      show(title(d), h("p", {class: "message", role: "alert"}, t("registry.broken")), note, h("div", {class: "buttons"}, again("registry.broken.again"), drop));
      return;
    }
    if (d.waits) { comparing(d); return; }
    const one = found.lists.find((x) => x.list === d.list);
    const further = d.edits && one && d.by === me.name && h("button", {type: "button", class: "soft", onclick: () => rows(one)}, t("registry.entry.further"));
    if (d.bad) {
      show(title(d), h("p", {class: "message", role: "alert"}, t("registry.bad", {n: d.bad})), h("ol", {class: "bad"}, ...d.problems.map((one) => problem(one))),
        d.bad > d.problems.length && h("p", {class: "note"}, t("registry.further", {n: d.bad - d.problems.length})), note, h("div", {class: "buttons"}, drop));
      return;
    }
    const {added, changed, removed} = d.counts;
    const nothing = !(added || changed || removed);
    const publish = h("button", {type: "button", class: "primary", onclick: async () => {
      publish.disabled = true;
      fill(note, h("p", {class: "note"}, t("registry.publishing")));
      try {
        const made = await post(`/registry/drafts/${d.number}/publish?at_ms=${d.at_ms}`, {});
        show(h("h3", {tabindex: -1}, t("registry.published", {n: made.number})), h("p", {class: "note"}, t("registry.underway")), h("button", {type: "button", class: "soft", onclick: hide}, t("close")));
        look();
      } catch (refused) {
        publish.disabled = false;
        fill(note, said(refused), refused.code === "stale" && again("registry.again"));
      }
    }}, t("registry.publish"));
    show(title(d), h("p", {class: "whole"}, nothing ? t("registry.none") : t("registry.counts", {added, changed, removed, same: d.same})),
      removed > 0 && h("p", {class: "alarm"}, t(d.list === "cards" ? "registry.removes.cards" : "registry.removes", {n: removed})),
      !nothing && d.lacks?.length > 0 && h("p", {class: d.whole ? "alarm" : "note lacks"}, t(d.whole ? "registry.lacks.whole" : "registry.lacks", {columns: d.lacks.map(words.heading).join(t("list.comma"))})),
      part("added", added, d.added.map(line(words))), part("changed", changed, d.changed.map(change(words))), part("removed", removed, d.removed.map(line(words))),
      note, h("div", {class: "buttons"}, !nothing && may.publish && publish, further, drop), !nothing && !may.publish && h("p", {class: "note"}, t("registry.asks")));
  }

  const line = (words) => (pairs) => h("li", {}, ...pairs.map(([heading, cell]) => h("span", {class: "cell"}, h("small", {}, words.heading(heading)), " ", words.cell(heading, cell))));
  const change = (words) => (parts) => h("li", {}, ...parts.map(([heading, old, fresh]) => {
    const [was, now] = [words.cell(heading, old), words.cell(heading, fresh)];
    return h("span", {class: "cell"}, h("small", {}, words.heading(heading)), " ", old === fresh ? now : [h("del", {}, was || t("registry.empty")), " → ", h("ins", {}, now || t("registry.empty"))]);
  }));
  const part = (key, n, items) => n > 0 && h("details", {open: n <= 20, class: `diff ${key}`}, h("summary", {}, t(`registry.${key}`, {n})), h("ol", {}, ...items),
    n > items.length && h("p", {class: "note"}, t("registry.further", {n: n - items.length})));

  function show(...parts) {
    fill(work, ...parts);
    work.hidden = false;
    work.scrollIntoView({block: "start"});
    work.querySelector("h3")?.focus({preventScroll: true});
  }
  function hide() { work.hidden = true; }

  // ---- versions

  const source = (text) => { const [list, ...name] = text.split(": "); return name.length ? `${named(found.lists, list)}${t("bad.and")}${name.join(": ") || t("registry.edits")}` : text; };

  const versionTable = () => h("table", {}, h("thead", {}, h("tr", {}, ...["number", "at", "by", "source", "change"].map((key) => h("th", {}, t(`registry.v.${key}`))))),
    h("tbody", {}, ...found.versions.map((v) => h("tr", {}, h("td", {}, String(v.number)), h("td", {}, time(v.at_ms)), h("td", {}, v.by), h("td", {class: "source"}, source(v.source)),
      h("td", {class: "short"}, ["added", "changed", "removed"].filter((key) => v[key]).map((key) => t(`registry.v.${key}`, {n: v[key]})).join(t("list.comma")))))));

  look();
  const timer = setInterval(look, 3000);
  return () => clearInterval(timer);
}
