-- Which departments and categories the post knows, as head office was last told (post.planned). Derived.
CREATE TABLE post_plan (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    seq  INTEGER NOT NULL,
    said TEXT NOT NULL                    -- the event's body
) STRICT;
