-- The post: requests and calls (D1–D4), notices from head office (D5), change of shift (D6). All but the last line is derived from the
-- journal (tables_post.py). Text that names people stands in `personal.bytes` alone; a row names the event that has it.

CREATE TABLE requests (
    request     INTEGER PRIMARY KEY,      -- number of its request.received
    sort        TEXT NOT NULL,            -- request, call, complaint, violation
    category    TEXT NOT NULL,
    source      TEXT NOT NULL,
    unit        TEXT NOT NULL,
    title       TEXT NOT NULL,
    department  TEXT NOT NULL,            -- who has it now, or will
    state       TEXT NOT NULL,            -- received, passed, done, satisfied, closed, withdrawn
    round       INTEGER NOT NULL,
    due_ms      INTEGER NOT NULL,         -- of what is next; 0: none
    follow_up   INTEGER NOT NULL,
    phrase      TEXT NOT NULL,
    picture     TEXT NOT NULL,
    at_ms       INTEGER NOT NULL,
    by          TEXT NOT NULL,
    alarmed_ms  INTEGER NOT NULL DEFAULT 0,   -- the deadline whose passing is on record
    seen_ms     INTEGER NOT NULL DEFAULT 0,   -- the deadline whose alarm somebody has seen
    ended_ms    INTEGER
) STRICT;
CREATE INDEX requests_open ON requests (request) WHERE ended_ms IS NULL;

CREATE TABLE request_steps (
    seq        INTEGER PRIMARY KEY,       -- its event, which has the note
    request    INTEGER NOT NULL,
    step       TEXT NOT NULL,             -- passed, reported, done, asked, sent-back, noted, withdrawn, overdue, seen
    round      INTEGER NOT NULL,
    department TEXT NOT NULL,
    answer     TEXT NOT NULL,
    notice     INTEGER NOT NULL,
    at_ms      INTEGER NOT NULL,
    actor      TEXT NOT NULL
) STRICT;
CREATE INDEX request_steps_of ON request_steps (request);

CREATE TABLE bulletins (
    bulletin    INTEGER PRIMARY KEY,      -- number of its bulletin.posted
    version     INTEGER NOT NULL,
    notice      TEXT NOT NULL,            -- its kind
    text        TEXT NOT NULL,
    from_ms     INTEGER NOT NULL,
    until_ms    INTEGER NOT NULL,         -- 0: until withdrawn
    show_ms     INTEGER NOT NULL,
    restored_ms INTEGER NOT NULL,
    place       TEXT NOT NULL,
    at_ms       INTEGER NOT NULL,
    by          TEXT NOT NULL,
    withdrawn   INTEGER NOT NULL DEFAULT 0,
    reason      TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX bulletins_until ON bulletins (until_ms);

CREATE TABLE bulletin_reads (
    bulletin INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    device   TEXT NOT NULL,
    at_ms    INTEGER NOT NULL,
    PRIMARY KEY (bulletin, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE shift_counts (
    count   INTEGER PRIMARY KEY,          -- number of its shift.counted
    actor   TEXT NOT NULL,
    at_ms   INTEGER NOT NULL,
    items   TEXT NOT NULL,                -- JSON lists, in one order
    counted TEXT NOT NULL,
    known   TEXT NOT NULL,
    used    INTEGER NOT NULL DEFAULT 0    -- 1: somebody took over by it
) STRICT;

CREATE TABLE handovers (
    handover    INTEGER PRIMARY KEY,      -- number of its shift.handed_over, which has the reason
    at_ms       INTEGER NOT NULL,
    outgoing    TEXT NOT NULL,            -- JSON lists
    incoming    TEXT NOT NULL,
    items       TEXT NOT NULL,
    counted     TEXT NOT NULL,
    known       TEXT NOT NULL,
    differences TEXT NOT NULL,
    cards       TEXT NOT NULL,
    shift       TEXT NOT NULL
) STRICT;

CREATE TABLE shift_dues (
    boundary TEXT PRIMARY KEY,            -- local, as 2026-11-23T15:00
    seq      INTEGER NOT NULL,
    at_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- local: the staff card by which somebody is known at the desk reader; UID in lower-case hex, '' none
ALTER TABLE users ADD COLUMN card TEXT NOT NULL DEFAULT '';
