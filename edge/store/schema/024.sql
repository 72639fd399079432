-- What is looked for in the registry by something else than the card lies in tables of its own, in the order of what is looked for, instead of in
-- indices: a list that comes in is written table by table, each in its order, at its end (edge/store/registry_stage.py). Indices over plates, names
-- and units in no order at all had nearly every page written again with each short transaction: 1.5 GB for 100,000 cards, 25 times as much as now.
DROP INDEX registry_people_unit;
DROP INDEX registry_credentials_person;
DROP INDEX registry_credentials_name;
DROP INDEX registry_vehicles_plate;

CREATE TABLE registry_names (             -- credentials by the name under which events know them
    gen        INTEGER NOT NULL,
    credential TEXT NOT NULL,
    uid        TEXT NOT NULL,
    PRIMARY KEY (gen, credential)
) STRICT, WITHOUT ROWID;

CREATE TABLE registry_words (             -- and by a plate, and by their holder's unit
    gen  INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('plate', 'unit')),
    word TEXT NOT NULL,
    uid  TEXT NOT NULL,
    PRIMARY KEY (gen, kind, word, uid)
) STRICT, WITHOUT ROWID;

INSERT INTO registry_names SELECT gen, credential, uid FROM registry_credentials WHERE gen = (SELECT gen FROM registry);
INSERT INTO registry_words SELECT gen, 'plate', plate, uid FROM registry_vehicles WHERE gen = (SELECT gen FROM registry);
INSERT INTO registry_words SELECT c.gen, 'unit', p.unit, c.uid FROM registry_credentials c JOIN registry_people p USING (gen, person)
    WHERE gen = (SELECT gen FROM registry) AND p.unit <> '';

CREATE VIEW cards_by_name AS SELECT credential, uid FROM registry_names WHERE gen = (SELECT gen FROM registry);
CREATE VIEW cards_by_plate AS SELECT word AS plate, uid FROM registry_words WHERE gen = (SELECT gen FROM registry) AND kind = 'plate';
CREATE VIEW cards_by_unit AS SELECT word AS unit, uid FROM registry_words WHERE gen = (SELECT gen FROM registry) AND kind = 'unit';
