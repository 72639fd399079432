-- What head office told this gate (sync/instructions.py), derived from headoffice.instructed: each number is carried out once.
CREATE TABLE instructions (
    number INTEGER PRIMARY KEY,
    act    TEXT NOT NULL,
    result TEXT NOT NULL,                 -- done, or why not
    about  INTEGER NOT NULL,              -- number of the request, notice, permit … that it is about; 0: none
    actor  TEXT NOT NULL,
    at_ms  INTEGER NOT NULL
) STRICT;
