-- Plates that were read at the lanes, derived from plate.read and plate.corrected; which of them stands at a lane now.
CREATE TABLE plate_readings (
    seq        INTEGER PRIMARY KEY,       -- the plate.read
    lane       TEXT NOT NULL,
    at_ms      INTEGER NOT NULL,
    text       TEXT NOT NULL,             -- the first reading; stays as it was
    certain    INTEGER NOT NULL,
    confidence INTEGER NOT NULL,          -- parts of a thousand
    candidates TEXT NOT NULL,             -- JSON: whole texts, best first
    known      TEXT NOT NULL,             -- JSON: plates of the registry that it may have been, best first
    picture    TEXT NOT NULL,
    crop       TEXT NOT NULL,
    match      TEXT NOT NULL,
    alone      TEXT NOT NULL,
    pass_seq   INTEGER NOT NULL,          -- the pass it turned out to belong to; 0: none (yet)
    corrected  TEXT NOT NULL DEFAULT '',  -- what a guard says it really is
    how        TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX plate_readings_pass ON plate_readings (pass_seq);
CREATE TABLE plate_here (
    lane       TEXT PRIMARY KEY,
    seq        INTEGER NOT NULL           -- the reading of the vehicle that came last and has no pass yet
) STRICT, WITHOUT ROWID;
