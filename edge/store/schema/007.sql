-- Privacy: personal parts can be erased field by field, but never changed (sync/personal.py; the gate's own connections know the
-- function personal_digest). `kept` is derived from the journal; `erasing` and `erasing_later` are local: how far each group of
-- fields has been gone through, and which events had to wait because their visit, request or permit was still going on.
-- `erasing_files`: pictures whose erasure is on record and whose file is still to be removed (a power cut may come between).

DROP TRIGGER personal_only_erased;
CREATE TRIGGER personal_only_erased BEFORE UPDATE ON personal
WHEN NEW.seq IS NOT OLD.seq OR NEW.digest IS NOT OLD.digest
  OR OLD.bytes IS NULL AND NEW.bytes IS NOT NULL
  OR NEW.bytes IS NOT NULL AND personal_digest(NEW.bytes) IS NOT OLD.digest BEGIN
    SELECT RAISE(ABORT, 'a personal part can be erased, not changed');
END;

CREATE TABLE kept (
    about    INTEGER PRIMARY KEY,         -- number of the event that names the matter: a visit, a pass, a request, a permit …
    reason   TEXT NOT NULL,
    by       TEXT NOT NULL,
    since_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE erasing (
    grp     TEXT PRIMARY KEY,             -- name, phone, number, remark, picture
    upto    INTEGER NOT NULL,             -- everything up to this event was looked at
    ran_ms  INTEGER NOT NULL,             -- when it was last carried out
    erased  INTEGER NOT NULL              -- so many so far
) STRICT, WITHOUT ROWID;

CREATE TABLE erasing_later (
    grp TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (grp, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE erasing_files (digest TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE INDEX pictures_digest ON pictures (digest);
CREATE INDEX pictures_pass ON pictures (pass_seq);
