-- The first schema. Four kinds of table, told apart by who may write them:
--
--   journal, personal      append-only; only journal.append writes them
--   derived                passes, inside, presence, last_read, lanes, faults, duty, held, pictures, clock_changes:
--                          only tables.py writes them, in the transaction of the event; `rebuild` derives them again
--   registry               what head office told the gate; a whole registry takes the place of the old one
--   local                  cursor, users, sessions, idempotency, info: of this gate alone, neither derived nor journalled
--
-- All times are UTC milliseconds since 1970 (`*_ms`), as the gate's clock said at that moment. A `*_seq` is the number
-- of an event. Text that names a person stands only in `personal.bytes`, `registry_people` and `users`.

CREATE TABLE info (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- ---- the journal ----------------------------------------------------------------------------------------------------

CREATE TABLE journal (
    seq   INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    kind  TEXT NOT NULL,
    data  BLOB NOT NULL,
    hash  BLOB NOT NULL
) STRICT;

CREATE TABLE personal (
    seq    INTEGER PRIMARY KEY,
    digest BLOB NOT NULL,
    bytes  BLOB                      -- NULL: erased when its time was over
) STRICT;

CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only: an event is never changed');
END;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only: an event is never removed');
END;
-- Fires before INSERT OR REPLACE removes the old row, which delete triggers would not see.
CREATE TRIGGER journal_in_order BEFORE INSERT ON journal
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM journal) BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only: the next event has the next number');
END;
CREATE TRIGGER personal_no_delete BEFORE DELETE ON personal BEGIN
    SELECT RAISE(ABORT, 'a personal part is erased (bytes = NULL), its row stays');
END;
CREATE TRIGGER personal_in_order BEFORE INSERT ON personal
WHEN NEW.seq <= (SELECT coalesce(max(seq), 0) FROM personal) BEGIN
    SELECT RAISE(ABORT, 'a personal part is written once, with its event');
END;
CREATE TRIGGER personal_only_erased BEFORE UPDATE ON personal
WHEN NEW.bytes IS NOT NULL OR NEW.seq IS NOT OLD.seq OR NEW.digest IS NOT OLD.digest BEGIN
    SELECT RAISE(ABORT, 'a personal part can be erased, not changed');
END;

-- ---- derived --------------------------------------------------------------------------------------------------------

CREATE TABLE passes (
    pass_seq        INTEGER PRIMARY KEY,  -- the event that opened it, or the crossing itself when nobody authorised it
    lane            TEXT NOT NULL,
    direction       TEXT NOT NULL,        -- in, out; '' unknown
    opened_ms       INTEGER NOT NULL,
    card            TEXT NOT NULL DEFAULT '',
    credential      TEXT NOT NULL DEFAULT '',
    category        TEXT NOT NULL,        -- of the registry; by-hand: let through by a guard; unknown: by nobody
    decision        TEXT NOT NULL,        -- granted, refused, ask; by-hand; none
    reason          TEXT NOT NULL DEFAULT '',
    actor           TEXT NOT NULL DEFAULT '',
    guard           TEXT NOT NULL DEFAULT '',   -- who was on duty at that moment, comma between
    admitted_by     TEXT NOT NULL DEFAULT '',   -- who let it through although the card was refused or asked about, and why
    admitted_reason TEXT NOT NULL DEFAULT '',
    plate_bound     TEXT NOT NULL DEFAULT '',
    plate_read      TEXT NOT NULL DEFAULT '',
    plate           TEXT NOT NULL DEFAULT '',   -- best known: as the guard noted, else read, else bound
    plate_match     TEXT NOT NULL DEFAULT 'unread',
    passengers      INTEGER NOT NULL DEFAULT -1,
    holder_seq      INTEGER,              -- personal parts
    driver_seq      INTEGER,
    commanded_ms    INTEGER,
    up_ms           INTEGER,
    crossed_ms      INTEGER,
    crossed_seq     INTEGER,
    closed_ms       INTEGER,
    outcome         TEXT NOT NULL,        -- see tables.Outcome
    tailgated       INTEGER NOT NULL DEFAULT 0,
    picture_card    TEXT NOT NULL DEFAULT '',
    picture_crossing TEXT NOT NULL DEFAULT '',
    live            INTEGER NOT NULL      -- 1 while something may still happen to it
) STRICT;
CREATE INDEX passes_live ON passes (lane) WHERE live = 1;

CREATE TABLE inside (
    pass_seq   INTEGER PRIMARY KEY,       -- the pass by which it came in
    credential TEXT NOT NULL,
    plate      TEXT NOT NULL,
    category   TEXT NOT NULL,
    since_ms   INTEGER NOT NULL
) STRICT;
CREATE INDEX inside_credential ON inside (credential);
CREATE INDEX inside_plate ON inside (plate);

CREATE TABLE presence (                   -- anti-passback
    credential TEXT PRIMARY KEY,
    place      TEXT NOT NULL,             -- inside, outside, unknown
    since_seq  INTEGER NOT NULL,
    since_ms   INTEGER NOT NULL,
    forgiven   INTEGER NOT NULL           -- 1: a guard set it right, the next presentation on either side is accepted
) STRICT, WITHOUT ROWID;

CREATE TABLE last_read (
    card    TEXT PRIMARY KEY,
    lane    TEXT NOT NULL,
    at_ms   INTEGER NOT NULL,
    boot    TEXT NOT NULL,
    mono_ms INTEGER NOT NULL,
    seq     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE lanes (
    lane     TEXT PRIMARY KEY,
    arm      TEXT NOT NULL,               -- as last observed
    since_ms INTEGER NOT NULL,
    seq      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE faults (                     -- open now
    device   TEXT NOT NULL,
    code     TEXT NOT NULL,
    lane     TEXT NOT NULL,
    detail   TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    PRIMARY KEY (device, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE duty (                       -- on duty now
    user     TEXT PRIMARY KEY,
    role     TEXT NOT NULL,
    device   TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    sessions INTEGER NOT NULL             -- on how many tablets
) STRICT, WITHOUT ROWID;

CREATE TABLE held (                       -- held open now
    lane     TEXT NOT NULL,
    by       TEXT NOT NULL,
    reason   TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    PRIMARY KEY (lane, by)
) STRICT, WITHOUT ROWID;

CREATE TABLE pictures (
    seq      INTEGER PRIMARY KEY,
    digest   TEXT NOT NULL,
    lane     TEXT NOT NULL,
    moment   TEXT NOT NULL,
    pass_seq INTEGER NOT NULL,
    size     INTEGER NOT NULL
) STRICT;

CREATE TABLE clock_changes (
    seq       INTEGER PRIMARY KEY,
    boot      TEXT NOT NULL,
    mono_ms   INTEGER NOT NULL,
    at_ms     INTEGER NOT NULL,           -- the new wall time
    trust     TEXT NOT NULL,
    was       TEXT NOT NULL,
    offset_ms INTEGER NOT NULL
) STRICT;

-- ---- the registry: rows of a generation; the views show the one in force -----------------------------------------------
-- An import fills the next generation in short transactions and comes into force by changing one row.

CREATE TABLE registry (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    gen         INTEGER NOT NULL,         -- in force
    version     TEXT NOT NULL,
    digest      TEXT NOT NULL,            -- SHA-256 over the canonical rows, hex
    source      TEXT NOT NULL,
    rows        INTEGER NOT NULL,
    imported_ms INTEGER NOT NULL,         -- 0: never
    seq         INTEGER NOT NULL          -- its registry.imported
) STRICT;
INSERT INTO registry VALUES (1, 0, '', '', '', 0, 0, 0);

CREATE TABLE registry_people (
    gen        INTEGER NOT NULL,
    person     TEXT NOT NULL,
    name       TEXT NOT NULL,
    surname    TEXT NOT NULL,
    title      TEXT NOT NULL,             -- mr, ms; '' unknown
    supervisor INTEGER NOT NULL,          -- 主管级以上: salute (P1)
    unit       TEXT NOT NULL,             -- building and flat, or department
    photo      TEXT NOT NULL,             -- digest in the picture store, or ''
    PRIMARY KEY (gen, person)
) STRICT, WITHOUT ROWID;

CREATE TABLE registry_credentials (
    gen            INTEGER NOT NULL,
    uid            TEXT NOT NULL,         -- hex, lower case; 4 bytes when only the printed number is known
    credential     TEXT NOT NULL,         -- the name under which events and anti-passback know it
    category       TEXT NOT NULL CHECK (category IN ('owner', 'company', 'staff', 'temporary')),
    status         TEXT NOT NULL CHECK (status IN ('active', 'blocked', 'lost')),
    person         TEXT NOT NULL,
    valid_from     TEXT NOT NULL,         -- local date, included; '' : always
    valid_until    TEXT NOT NULL,         -- local date, included; '' : for ever
    schedule       TEXT NOT NULL,         -- '' : at all times
    PRIMARY KEY (gen, uid)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX registry_credentials_name ON registry_credentials (gen, credential);

CREATE TABLE registry_vehicles (
    gen   INTEGER NOT NULL,
    uid   TEXT NOT NULL,
    plate TEXT NOT NULL,
    PRIMARY KEY (gen, uid, plate)
) STRICT, WITHOUT ROWID;
CREATE INDEX registry_vehicles_plate ON registry_vehicles (gen, plate);

CREATE TABLE registry_schedules (
    gen       INTEGER NOT NULL,
    schedule  TEXT NOT NULL,
    days      TEXT NOT NULL,              -- digits: 0 Monday … 6 Sunday, 7 holidays
    begin_min INTEGER NOT NULL,           -- minutes since local midnight, first that is allowed
    end_min   INTEGER NOT NULL,           -- first that is no longer; before begin_min: past midnight
    PRIMARY KEY (gen, schedule, days, begin_min)
) STRICT, WITHOUT ROWID;

CREATE TABLE registry_holidays (
    gen  INTEGER NOT NULL,
    day  TEXT NOT NULL,                   -- local date, 2026-10-01
    name TEXT NOT NULL,
    PRIMARY KEY (gen, day)
) STRICT, WITHOUT ROWID;

CREATE VIEW people AS SELECT person, name, surname, title, supervisor, unit, photo
    FROM registry_people WHERE gen = (SELECT gen FROM registry);
CREATE VIEW credentials AS SELECT uid, credential, category, status, person, valid_from, valid_until, schedule
    FROM registry_credentials WHERE gen = (SELECT gen FROM registry);
CREATE VIEW vehicles AS SELECT uid, plate FROM registry_vehicles WHERE gen = (SELECT gen FROM registry);
CREATE VIEW schedules AS SELECT schedule, days, begin_min, end_min
    FROM registry_schedules WHERE gen = (SELECT gen FROM registry);
CREATE VIEW holidays AS SELECT day, name FROM registry_holidays WHERE gen = (SELECT gen FROM registry);

-- ---- local ----------------------------------------------------------------------------------------------------------

CREATE TABLE cursor (                     -- how far head office has the journal
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    acked_seq  INTEGER NOT NULL,
    acked_hash BLOB NOT NULL
) STRICT;
INSERT INTO cursor VALUES (1, 0, zeroblob(32));

CREATE TABLE users (
    user            TEXT PRIMARY KEY,
    name            TEXT NOT NULL,
    role            TEXT NOT NULL,
    pin_hash        TEXT NOT NULL,
    enabled         INTEGER NOT NULL,
    failed          INTEGER NOT NULL DEFAULT 0,
    locked_until_ms INTEGER NOT NULL DEFAULT 0,
    created_ms      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,
    user       TEXT NOT NULL REFERENCES users (user) ON DELETE CASCADE,
    device     TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    seen_ms    INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
    key      TEXT NOT NULL,
    user     TEXT NOT NULL,
    request  BLOB NOT NULL,               -- SHA-256 of what was asked
    response TEXT NOT NULL,
    at_ms    INTEGER NOT NULL,
    PRIMARY KEY (key, user)
) STRICT, WITHOUT ROWID;
