-- A free way: green way and convoys (V6, V7, V8). Derived from the journal (tables_escort.py). Names and wishes stand in
-- `personal.bytes` alone; a row names the event that has them (`person_seq`).

CREATE TABLE escorts (                    -- lanes held open for somebody: green way, or one leg of a convoy
    escort      INTEGER PRIMARY KEY,      -- number of its green.opened or convoy.opened
    kind        TEXT NOT NULL,            -- ambulance, fire-engine, police, funeral, other; convoy
    convoy      INTEGER NOT NULL,         -- 0: none
    way         TEXT NOT NULL,            -- in, out; '' both
    lanes       TEXT NOT NULL,            -- comma between
    state       TEXT NOT NULL,            -- open, interrupted, released
    opened_ms   INTEGER NOT NULL,
    opened_by   TEXT NOT NULL,
    released_ms INTEGER,
    released_by TEXT NOT NULL DEFAULT '',
    why         TEXT NOT NULL DEFAULT '',
    crossings   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX escorts_now ON escorts (state) WHERE state <> 'released';
CREATE INDEX escorts_convoy ON escorts (convoy) WHERE convoy <> 0;

CREATE TABLE escort_lanes (               -- lanes whose crossings count: until the arm is down after the release
    escort INTEGER NOT NULL,
    lane   TEXT NOT NULL,
    held   INTEGER NOT NULL,              -- 0: released, the arm is still up
    PRIMARY KEY (escort, lane)
) STRICT, WITHOUT ROWID;

CREATE TABLE escort_passes (
    escort   INTEGER NOT NULL,
    seq      INTEGER NOT NULL,            -- the crossing
    lane     TEXT NOT NULL,
    pass_seq INTEGER NOT NULL,            -- its row in the register
    at_ms    INTEGER NOT NULL,
    PRIMARY KEY (escort, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE convoys (
    convoy     INTEGER PRIMARY KEY,       -- number of its convoy.announced
    arrives_ms INTEGER NOT NULL,
    from_ms    INTEGER NOT NULL,
    until_ms   INTEGER NOT NULL,
    lanes      TEXT NOT NULL,             -- comma between; '' all
    by         TEXT NOT NULL,
    at_ms      INTEGER NOT NULL,
    person_seq INTEGER NOT NULL,
    cancelled  TEXT NOT NULL DEFAULT '',  -- why; '' it comes
    reminded   TEXT NOT NULL DEFAULT ''   -- minutes, comma between
) STRICT;
CREATE INDEX convoys_until ON convoys (until_ms);

CREATE TABLE convoy_cars (
    convoy  INTEGER NOT NULL,
    n       INTEGER NOT NULL,             -- place in the list
    plate   TEXT NOT NULL,
    in_ms   INTEGER,
    in_how  TEXT NOT NULL DEFAULT '',
    out_ms  INTEGER,
    out_how TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (convoy, n)
) STRICT, WITHOUT ROWID;
