-- Codes that head office has taken back (sync/codes.py), derived from code.revoked; the appointments themselves stand in `appointments`.
CREATE TABLE revoked_codes (
    token TEXT PRIMARY KEY,
    seq   INTEGER NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
