-- Counters on writable cards (edge/domain/card_counter.py), derived from card.counting, card.counted, card.copied, card.trusted.
CREATE TABLE card_counters (
    card      TEXT PRIMARY KEY,           -- UID in lower-case hex
    confirmed INTEGER NOT NULL,           -- the number that was seen on it, or whose write was confirmed
    begun     INTEGER NOT NULL,           -- the number that was last begun to be written
    suspect   INTEGER NOT NULL DEFAULT 0, -- number of the card.copied that betrayed it; 0: none
    at_ms     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX card_counters_suspect ON card_counters (card) WHERE suspect > 0;
