-- Pictures encrypted at rest (sync/sealing.py). `photos` is local: what lies on this disk, with the key of each, wrapped by the gate's. Deleting a
-- row (secure_delete, then the log emptied) is what destroys a picture; its file is noise from then on. `keep`: class of edge/domain/pictures.py.
CREATE TABLE photos (
    digest     TEXT PRIMARY KEY,             -- SHA-256 of the plain picture: its name everywhere
    keep       TEXT NOT NULL,
    size       INTEGER NOT NULL,             -- bytes of the plain picture
    thumbnail  TEXT NOT NULL,                -- SHA-256 of the plain thumbnail, or ''
    thumb_size INTEGER NOT NULL,
    at_ms      INTEGER NOT NULL,
    key        BLOB NOT NULL,                -- 60 bytes
    sent       INTEGER NOT NULL DEFAULT 0,   -- 1: head office has the picture
    thumb_sent INTEGER NOT NULL DEFAULT 0,   -- 1: head office has the thumbnail
    asked      INTEGER NOT NULL DEFAULT 0    -- 1: head office asked for the picture
) STRICT;
CREATE INDEX photos_old ON photos (keep, at_ms);
CREATE INDEX photos_unsent ON photos (at_ms) WHERE sent = 0;

ALTER TABLE pictures ADD COLUMN keep TEXT NOT NULL DEFAULT 'pass';
CREATE INDEX pictures_keep ON pictures (keep, seq);
UPDATE erasing SET grp = 'picture.pass' WHERE grp = 'picture';
UPDATE erasing_later SET grp = 'picture.pass' WHERE grp = 'picture';
