-- Goods that leave (G1), trucks (G2), plates compared at the exit (V3): derived from the journal by tables_goods.py. Text that names a
-- person stands in `personal.bytes` alone; `permit` and `specimen` are the numbers of the events that have it.

CREATE TABLE permits (
    permit  INTEGER PRIMARY KEY,          -- number of its permit.registered
    number  TEXT NOT NULL,                -- as printed on it
    role    TEXT NOT NULL,
    unit    TEXT NOT NULL,
    company TEXT NOT NULL,
    plate   TEXT NOT NULL,
    until   TEXT NOT NULL,                -- local date, included
    stamped INTEGER NOT NULL,
    stamp   TEXT NOT NULL,
    source  TEXT NOT NULL,                -- headoffice, leader, paper
    state   TEXT NOT NULL,                -- open, used, stopped
    reason  TEXT NOT NULL DEFAULT '',     -- why it was stopped or restored
    at_ms   INTEGER NOT NULL,
    actor   TEXT NOT NULL
) STRICT;
CREATE INDEX permits_open ON permits (until, permit) WHERE state = 'open';
CREATE INDEX permits_number ON permits (number) WHERE number <> '';
CREATE INDEX permits_plate ON permits (plate) WHERE plate <> '';
CREATE INDEX permits_unit ON permits (unit) WHERE unit <> '';
CREATE INDEX permits_company ON permits (company) WHERE company <> '';

CREATE TABLE permit_items (
    permit   INTEGER NOT NULL,
    n        INTEGER NOT NULL,
    name     TEXT NOT NULL,
    measure  TEXT NOT NULL,
    category TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    gone     INTEGER NOT NULL,
    PRIMARY KEY (permit, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE goods_log (                  -- what left, what stayed, what was refused
    seq      INTEGER NOT NULL,            -- its event
    n        INTEGER NOT NULL,            -- item of the permit; -1: none of them, or all of it
    permit   INTEGER NOT NULL,            -- 0: there was none
    what     TEXT NOT NULL,               -- released, kept, refused
    name     TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    measure  TEXT NOT NULL,
    why      TEXT NOT NULL,
    way      TEXT NOT NULL,
    lane     TEXT NOT NULL,
    plate    TEXT NOT NULL,
    picture  TEXT NOT NULL,               -- asked, same (as the action's first), none
    at_ms    INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    PRIMARY KEY (seq, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX goods_log_permit ON goods_log (permit, seq);

CREATE TABLE specimens (
    specimen INTEGER PRIMARY KEY,
    role     TEXT NOT NULL,
    unit     TEXT NOT NULL,
    company  TEXT NOT NULL,
    digest   TEXT NOT NULL,
    at_ms    INTEGER NOT NULL,
    active   INTEGER NOT NULL
) STRICT;
CREATE INDEX specimens_of ON specimens (role, unit, company) WHERE active = 1;

CREATE TABLE trucks (                     -- known as trucks because a guard said so
    vehicle  TEXT PRIMARY KEY,            -- plate, or the credential of one without
    since_ms INTEGER NOT NULL,
    seq      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE trucks_here (                -- announced at an exit, and not gone yet
    lane       TEXT PRIMARY KEY,
    plate      TEXT NOT NULL,
    credential TEXT NOT NULL,
    pass_seq   INTEGER NOT NULL,
    at_ms      INTEGER NOT NULL,
    seq        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE load_checks (
    seq        INTEGER PRIMARY KEY,
    lane       TEXT NOT NULL,
    plate      TEXT NOT NULL,
    credential TEXT NOT NULL,
    pass_seq   INTEGER NOT NULL,
    result     TEXT NOT NULL,             -- empty, permit, unpermitted, override
    permit     INTEGER NOT NULL,
    reason     TEXT NOT NULL,
    boot       TEXT NOT NULL,
    mono_ms    INTEGER NOT NULL,
    at_ms      INTEGER NOT NULL,
    actor      TEXT NOT NULL,
    used_ms    INTEGER                    -- when the truck left
) STRICT;
CREATE INDEX load_checks_plate ON load_checks (plate) WHERE plate <> '';
CREATE INDEX load_checks_credential ON load_checks (credential) WHERE credential <> '';
CREATE INDEX load_checks_lane ON load_checks (lane, seq);

CREATE TABLE plates_compared (
    pass_seq    INTEGER PRIMARY KEY,      -- the exit
    entry_seq   INTEGER NOT NULL,
    plate       TEXT NOT NULL,
    entry_plate TEXT NOT NULL,
    agrees      INTEGER NOT NULL,
    at_ms       INTEGER NOT NULL,
    actor       TEXT NOT NULL
) STRICT;

-- ---- the registry knows what a vehicle is --------------------------------------------------------------------------------

ALTER TABLE registry_credentials ADD COLUMN vehicle TEXT NOT NULL DEFAULT '';
DROP VIEW credentials;
CREATE VIEW credentials AS SELECT uid, credential, category, status, person, valid_from, valid_until, schedule, vehicle
    FROM registry_credentials WHERE gen = (SELECT gen FROM registry);
