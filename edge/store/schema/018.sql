-- The registry as head office sends it (edge/store/registry_down.py). `number`: the newest list of head office that was ever in force here, 0: none;
-- it only grows, also over a list that was imported at the gate, so an old one cannot be brought back.
ALTER TABLE registry ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
