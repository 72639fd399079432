// A card at the desk's reader, on the page of a visit.

import {beep} from "./beep.js";
import {set, text} from "./dom.js";
import {has, t} from "./i18n.js";
import {tappedCard} from "./visit-steps.js";

export class Taps {
  /** On that VisitPane. */
  constructor(pane) {
    this.pane = pane;
    this.beeping = "";
  }

  /** The visit that is shown waits for a card: this one comes up by itself, and one tap (or Enter) issues it. */
  tapped(card) {
    const {pane} = this;
    const step = pane.visit?.state === "open" && pane.visit.steps.find((one) => one.id === pane.visit.step);
    const picks = step?.does === "card" && pane.element.querySelector(".picks.cards");
    if (!picks || pane.correcting || (card.state === "issued" && card.visit !== pane.visit.visit)) return false;
    if (card.state !== "rack" || card.what !== step.card_kind) { this.told(card, step); return true; }
    text(pane.message, "");
    tappedCard(picks, card, () => { this.beeping = card.card; pane.press("card", {card: card.card, at_reader: true}); });
    return true;
  }

  /** How far the issue of the card on the reader is; where the reader has no buzzer the tablet that issues beeps. */
  issuing(step) {
    const {pane} = this;
    if (step.visit !== pane.visit?.visit) return;
    const over = ["done", "failed"].includes(step.stage);
    if (step.stage !== "failed") {
      pane.issued = step.visit;
      text(pane.message, t(`issue.${step.stage}`, {n: step.try, of: step.of}));
      set(pane.message, "data-tone", over ? "go" : "wait");
    }
    if (!over || this.beeping !== step.card) return;
    this.beeping = "";
    if (!step.reader_beeps) beep(step.stage === "done");
  }

  /** What was held to the reader, when nothing follows from it by itself. */
  told(card, step = null) {
    const label = card.label || card.card;
    const state = has(`tap.is.${card.state}`) ? card.state : "unknown";
    text(this.pane.message, step && state === "rack" ? t("tap.kind", {label, wanted: t(`card.kind.${step.card_kind}`)}) : t(`tap.is.${state}`, {label}));
  }
}
