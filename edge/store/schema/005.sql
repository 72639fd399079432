-- Visits grow: expected visitors, the watch list, overstays; and what the search needs.
--
-- Derived (made again by `rebuild`): appointments, code_tries, watch, watch_matches, overstays, terms, visit_events, visit_cards.
-- Auxiliary (lookup.py): lookup, lookup_holders, lookup_parts hold names as people type them. They are no journal and not derived from
-- it alone: each row names the event whose personal part has the name, and goes with that field, by trigger, whoever erases it.

-- What is brought in (G1 asks for it when it leaves).
ALTER TABLE visits ADD COLUMN goods TEXT NOT NULL DEFAULT '';

CREATE TABLE appointments (
    appointment INTEGER PRIMARY KEY,      -- number of its appointment.made
    state       TEXT NOT NULL,            -- valid, used, cancelled; whether it has run out is a question of time
    kind        TEXT NOT NULL,
    mode        TEXT NOT NULL,
    unit        TEXT NOT NULL,
    plate       TEXT NOT NULL,
    vehicle     TEXT NOT NULL,
    companions  INTEGER NOT NULL,
    company     TEXT NOT NULL,
    purpose     TEXT NOT NULL,
    title       TEXT NOT NULL,
    from_ms     INTEGER NOT NULL,
    until_ms    INTEGER NOT NULL,
    code        TEXT NOT NULL,            -- six digits
    token       TEXT NOT NULL,            -- what a QR code names
    source      TEXT NOT NULL,            -- host, leader, headoffice
    person_seq  INTEGER NOT NULL,         -- the event with the newest personal part
    made_ms     INTEGER NOT NULL,
    made_by     TEXT NOT NULL,
    visit       INTEGER NOT NULL DEFAULT 0,
    ended_ms    INTEGER,
    reason      TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX appointments_valid ON appointments (until_ms) WHERE state = 'valid';
CREATE INDEX appointments_code ON appointments (code);
CREATE INDEX appointments_token ON appointments (token);

CREATE TABLE code_tries (                 -- codes that were typed and found nothing that may be used
    seq   INTEGER PRIMARY KEY,
    actor TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    why   TEXT NOT NULL
) STRICT;
CREATE INDEX code_tries_at ON code_tries (actor, at_ms);

CREATE TABLE watch (
    entry    INTEGER PRIMARY KEY,         -- number of its watch.added
    plate    TEXT NOT NULL,
    until    TEXT NOT NULL,               -- last local day; '' : until it is removed
    active   INTEGER NOT NULL,
    added_ms INTEGER NOT NULL,
    added_by TEXT NOT NULL
) STRICT;
CREATE INDEX watch_active ON watch (entry) WHERE active = 1;

CREATE TABLE watch_matches (
    visit      INTEGER NOT NULL,
    entry      INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    by         TEXT NOT NULL,             -- name, number, plate, phone; comma between
    decision   TEXT NOT NULL DEFAULT '',  -- admit, decline; '' : a leader has yet to say
    decided_ms INTEGER,
    decided_by TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (visit, entry)
) STRICT, WITHOUT ROWID;
CREATE INDEX watch_waiting ON watch_matches (visit) WHERE decision = '';

CREATE TABLE overstays (                  -- visits that were longer inside than planned
    visit    INTEGER PRIMARY KEY,
    due_ms   INTEGER NOT NULL,
    at_ms    INTEGER NOT NULL,
    heard_ms INTEGER,
    heard_by TEXT NOT NULL DEFAULT ''
) STRICT;

-- ---- search ----------------------------------------------------------------------------------------------------------
-- `passes` has millions of rows: what is typed is first matched with the thousands of words that there are (terms, lookup_parts), and
-- each word then leads to its newest rows by an index.

CREATE TABLE terms (
    part TEXT NOT NULL,                   -- p, u or c (plate, unit, company), and an end of the term as it is searched
    term TEXT NOT NULL,                   -- as it stands in visits and passes
    PRIMARY KEY (part, term)
) STRICT, WITHOUT ROWID;

CREATE TABLE visit_events (               -- the whole story of a visit
    visit INTEGER NOT NULL,
    seq   INTEGER NOT NULL,
    PRIMARY KEY (visit, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE visit_cards (                -- which visits a card has served
    card  TEXT NOT NULL,
    visit INTEGER NOT NULL,
    PRIMARY KEY (card, visit)
) STRICT, WITHOUT ROWID;

DROP INDEX visits_plate;
CREATE INDEX visits_of_plate ON visits (plate, visit) WHERE plate <> '';
CREATE INDEX visits_of_unit ON visits (unit, visit) WHERE unit <> '';
CREATE INDEX visits_of_company ON visits (company, visit) WHERE company <> '';
CREATE INDEX visits_of_person ON visits (person_seq);
CREATE INDEX passes_of_plate ON passes (plate, pass_seq) WHERE plate <> '';
CREATE INDEX passes_of_credential ON passes (credential, pass_seq) WHERE credential <> '';
CREATE INDEX passes_of_card ON passes (card, pass_seq) WHERE card <> '';
CREATE INDEX last_read_printed ON last_read (substr(card, -8));
CREATE INDEX registry_people_unit ON registry_people (gen, unit);
CREATE INDEX registry_credentials_person ON registry_credentials (gen, person);

CREATE TABLE lookup (
    word  TEXT NOT NULL,                  -- a name, upper case, without spaces; or # and the number of a construction pass
    about INTEGER NOT NULL,               -- the visit or pass
    seq   INTEGER NOT NULL,               -- the event whose personal part has it
    who   TEXT NOT NULL,                  -- visitor, host, driver, pass
    PRIMARY KEY (word, about, seq, who)
) STRICT, WITHOUT ROWID;
CREATE INDEX lookup_seq ON lookup (seq);
CREATE INDEX lookup_newest ON lookup (about, word);

CREATE TABLE lookup_holders (             -- of millions of presentations: one row for each holder and credential, with the newest event
    word       TEXT NOT NULL,
    credential TEXT NOT NULL,
    seq        INTEGER NOT NULL,
    PRIMARY KEY (word, credential)
) STRICT, WITHOUT ROWID;
CREATE INDEX lookup_holders_seq ON lookup_holders (seq);
CREATE INDEX lookup_holders_credential ON lookup_holders (credential, word);

CREATE TABLE lookup_parts (
    part  TEXT NOT NULL,                  -- an end of a word, or of its initials
    word  TEXT NOT NULL,
    start INTEGER NOT NULL,               -- 1: the word (or its initials) begins with it
    PRIMARY KEY (part, word)
) STRICT, WITHOUT ROWID;
CREATE INDEX lookup_parts_word ON lookup_parts (word);

-- A field that is there stands as ["field","32 digits of salt",value]; one that was erased as ["field","64 digits"] (sync/personal.py).
CREATE TRIGGER lookup_erased AFTER UPDATE ON personal BEGIN
    DELETE FROM lookup WHERE seq = NEW.seq AND coalesce(CAST(NEW.bytes AS TEXT), '') NOT GLOB
        '*[[]"' || CASE who WHEN 'visitor' THEN 'name' WHEN 'pass' THEN 'number' ELSE who END || '","????????????????????????????????",*';
    DELETE FROM lookup_holders WHERE seq = NEW.seq AND coalesce(CAST(NEW.bytes AS TEXT), '') NOT GLOB
        '*[[]"holder","????????????????????????????????",*';
END;
CREATE TRIGGER lookup_gone AFTER DELETE ON lookup
WHEN NOT EXISTS (SELECT 1 FROM lookup WHERE word = OLD.word)
 AND NOT EXISTS (SELECT 1 FROM lookup_holders WHERE word = OLD.word) BEGIN
    DELETE FROM lookup_parts WHERE word = OLD.word;
END;
CREATE TRIGGER lookup_holder_gone AFTER DELETE ON lookup_holders
WHEN NOT EXISTS (SELECT 1 FROM lookup WHERE word = OLD.word)
 AND NOT EXISTS (SELECT 1 FROM lookup_holders WHERE word = OLD.word) BEGIN
    DELETE FROM lookup_parts WHERE word = OLD.word;
END;
