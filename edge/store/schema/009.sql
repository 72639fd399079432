-- What is going on now is asked with every change and every tap: it must never cost more for five years of history. (SQLite takes a
-- partial index only for the very condition of the index: `state IN ('open', 'admitted')` does not serve `state = 'open'`.)
CREATE INDEX visits_open ON visits (visit) WHERE state = 'open';
CREATE INDEX visits_admitted ON visits (visit) WHERE state = 'admitted';
CREATE INDEX documents_held ON documents (document) WHERE how = 'held' AND returned_ms IS NULL;
