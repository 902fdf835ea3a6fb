-- Append-only: one row per passage of a person. `id` is made by the device; its UUIDv7 time
-- gives `local_day`, so a repeated submit always meets the same key.
CREATE TABLE crossings (
    province TEXT NOT NULL,
    local_day BIGINT NOT NULL,
    id BLOB NOT NULL,
    checkpoint BIGINT NOT NULL,
    officer BLOB NOT NULL,
    direction TEXT NOT NULL,
    status TEXT NOT NULL,
    advised TEXT NOT NULL,
    gate TEXT NOT NULL,
    overridden BOOLEAN NOT NULL,
    note BLOB,
    reasons TEXT NOT NULL,
    pass_province TEXT,
    pass BLOB,
    person BLOB,
    plate BLOB,
    scanned_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (province, local_day, id)
);
CREATE INDEX crossings_by_time ON crossings (province, scanned_at);
CREATE INDEX crossings_by_person ON crossings (province, person, scanned_at);
CREATE INDEX crossings_by_checkpoint ON crossings (province, checkpoint, scanned_at);

-- Append-only entries about a person's class. A release names the entry it ends; nothing is
-- edited away. `class` is suspected, f0, f1, f2 or released.
CREATE TABLE marks (
    province TEXT NOT NULL,
    id BLOB NOT NULL,
    person BLOB NOT NULL,
    class TEXT NOT NULL,
    source BLOB,
    ends BLOB,
    evidence BLOB,
    marked_by BLOB,
    checkpoint BIGINT,
    marked_at BIGINT NOT NULL,
    PRIMARY KEY (province, id)
);
CREATE INDEX marks_by_person ON marks (province, person, marked_at);
CREATE INDEX marks_by_ends ON marks (province, ends);
CREATE INDEX marks_by_time ON marks (province, marked_at);

-- Dated edges between two people; the tracing engine to come reads these.
CREATE TABLE contacts (
    province TEXT NOT NULL,
    id BLOB NOT NULL,
    one BLOB NOT NULL,
    other BLOB NOT NULL,
    met_on BIGINT NOT NULL,
    stated_by BLOB NOT NULL,
    stated_at BIGINT NOT NULL,
    PRIMARY KEY (province, id)
);
CREATE INDEX contacts_by_one ON contacts (province, one, met_on);
CREATE INDEX contacts_by_other ON contacts (province, other, met_on);
