-- The desk: visits, documents in custody, cards, notices. All are derived from the journal (tables_desk.py); `rebuild` makes them
-- again. Text that names a person stands in `personal.bytes` alone; a row names the event that has it (`person_seq`, `document`).

CREATE TABLE visits (
    visit       INTEGER PRIMARY KEY,      -- number of its visit.opened
    kind        TEXT NOT NULL,
    mode        TEXT NOT NULL,            -- foot, vehicle
    state       TEXT NOT NULL,            -- open, admitted, refused, directed, closed
    opened_ms   INTEGER NOT NULL,
    opened_by   TEXT NOT NULL,
    unit        TEXT NOT NULL,
    plate       TEXT NOT NULL,
    vehicle     TEXT NOT NULL,
    companions  INTEGER NOT NULL,
    company     TEXT NOT NULL,
    purpose     TEXT NOT NULL,
    title       TEXT NOT NULL,
    person_seq  INTEGER NOT NULL,         -- the event with the newest personal part
    call        TEXT NOT NULL DEFAULT '', -- result of the last call to the host
    call_seq    INTEGER NOT NULL DEFAULT 0,
    call_ms     INTEGER NOT NULL DEFAULT 0,
    place       TEXT NOT NULL DEFAULT '', -- parking place or route that was told, or where the visitor was directed to
    admitted_ms INTEGER,
    admitted_by TEXT NOT NULL DEFAULT '',
    ended_ms    INTEGER,
    ended_by    TEXT NOT NULL DEFAULT '',
    how         TEXT NOT NULL DEFAULT '', -- settled, override
    reason      TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX visits_now ON visits (state) WHERE state IN ('open', 'admitted');
CREATE INDEX visits_plate ON visits (plate) WHERE plate <> '';

CREATE TABLE visit_steps (                -- the last answer to each step
    visit  INTEGER NOT NULL,
    step   TEXT NOT NULL,
    answer TEXT NOT NULL,
    place  TEXT NOT NULL,
    until  TEXT NOT NULL,                 -- of a pass that was checked
    at_ms  INTEGER NOT NULL,
    actor  TEXT NOT NULL,
    seq    INTEGER NOT NULL,
    PRIMARY KEY (visit, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE documents (
    document    INTEGER PRIMARY KEY,      -- number of its document.held or document.checked
    visit       INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    how         TEXT NOT NULL,            -- held, checked
    slot        INTEGER,
    masked      TEXT NOT NULL,
    at_ms       INTEGER NOT NULL,
    actor       TEXT NOT NULL,
    returned_ms INTEGER,
    returned_by TEXT NOT NULL DEFAULT '',
    returned_to TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX documents_visit ON documents (visit);
CREATE UNIQUE INDEX documents_slot ON documents (slot) WHERE how = 'held' AND returned_ms IS NULL;

CREATE TABLE cards (
    card     TEXT PRIMARY KEY,            -- UID, lower-case hex
    kind     TEXT NOT NULL,               -- visitor, vehicle, construction
    label    TEXT NOT NULL,
    state    TEXT NOT NULL,               -- rack, issued, lost, blocked
    visit    INTEGER NOT NULL,            -- 0: bound to none
    plate    TEXT NOT NULL,
    until    TEXT NOT NULL,               -- local date, included
    reason   TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    seq      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX cards_visit ON cards (visit) WHERE visit <> 0;
CREATE INDEX cards_label ON cards (label);

CREATE TABLE notices (
    notice   INTEGER PRIMARY KEY,
    recipient TEXT NOT NULL,
    about    TEXT NOT NULL,
    visit    INTEGER NOT NULL,
    plate    TEXT NOT NULL,
    unit     TEXT NOT NULL,
    at_ms    INTEGER NOT NULL,
    acked_ms INTEGER,
    acked_by TEXT NOT NULL DEFAULT '',
    how      TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX notices_open ON notices (notice) WHERE acked_ms IS NULL;
