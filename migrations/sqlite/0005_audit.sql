-- Who did or saw what, hash-chained per (province, writer). Append-only.
CREATE TABLE audit (
    province TEXT NOT NULL,
    writer TEXT NOT NULL,
    seq BIGINT NOT NULL,
    prev_hash BLOB NOT NULL,
    hash BLOB NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    role TEXT NOT NULL,
    purpose TEXT NOT NULL,
    action TEXT NOT NULL,
    subject BLOB,
    detail TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (province, writer, seq)
);
CREATE INDEX audit_by_subject ON audit (province, subject, at);

-- One row per chain, so that a new chain can continue from the latest one.
CREATE TABLE audit_chains (
    province TEXT NOT NULL,
    writer TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    PRIMARY KEY (province, writer)
);
