-- The other lists of head office (sync/lists.py): permits, expected visitors, convoys, the watch list, notices, construction passes, sentences.
-- `registry_lists`: rows of a generation as those of the registry; the view shows what is in force. `office_entries` is derived from
-- registry.entry: what became of each entry at this gate. `refused`: the newest list that was refused here, as JSON; '' none.
ALTER TABLE registry ADD COLUMN refused TEXT NOT NULL DEFAULT '';

CREATE TABLE registry_lists (
    gen  INTEGER NOT NULL,
    list TEXT NOT NULL,
    key  TEXT NOT NULL,
    data TEXT NOT NULL,                   -- JSON
    hash TEXT NOT NULL,                   -- of `data`
    PRIMARY KEY (gen, list, key)
) STRICT, WITHOUT ROWID;
CREATE VIEW office_lists AS SELECT list, key, data, hash FROM registry_lists WHERE gen = (SELECT gen FROM registry);

CREATE TABLE office_entries (
    list   TEXT NOT NULL,
    key    TEXT NOT NULL,
    about  INTEGER NOT NULL,              -- number of the permit, appointment, entry, convoy, notice; 0: it could not be taken
    hash   TEXT NOT NULL,                 -- of the data that were carried out; '' when it has left the list
    result TEXT NOT NULL,                 -- done, or why not
    at_ms  INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    PRIMARY KEY (list, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX office_entries_about ON office_entries (list, about);

CREATE TABLE registry_entry_log (         -- every number that an entry of head office ever had here
    list  TEXT NOT NULL,
    about INTEGER NOT NULL,
    PRIMARY KEY (list, about)
) STRICT, WITHOUT ROWID;
