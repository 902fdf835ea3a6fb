-- A sealing key per province and period, wrapped by the master key. Destroying a row is how the
-- data of its period dies.
CREATE TABLE data_keys (
    province TEXT NOT NULL,
    period BIGINT NOT NULL,
    wrapped BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (province, period)
);

-- Append-only. `identity` and `answers` are sealed; `person`, `phone` and `plate` are keyed
-- blind indexes. Whether a declaration was superseded is derived from a later one.
CREATE TABLE declarations (
    province TEXT NOT NULL,
    id BLOB NOT NULL,
    local_day BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    idem_key BLOB NOT NULL,
    request_hash BLOB NOT NULL,
    person BLOB NOT NULL,
    phone BLOB,
    plate BLOB,
    identity BLOB NOT NULL,
    answers BLOB NOT NULL,
    facts TEXT NOT NULL,
    checkpoint BIGINT,
    channel TEXT NOT NULL,
    language TEXT NOT NULL,
    keyed_by BLOB,
    registry TEXT NOT NULL,
    level TEXT NOT NULL,
    verdict TEXT NOT NULL,
    rules TEXT NOT NULL,
    symptoms BOOLEAN NOT NULL,
    suspected BOOLEAN NOT NULL,
    PRIMARY KEY (province, id),
    UNIQUE (province, idem_key)
);
CREATE INDEX declarations_by_person ON declarations (province, person, created_at);
CREATE INDEX declarations_by_time ON declarations (province, created_at);

CREATE TABLE passes (
    province TEXT NOT NULL,
    id BLOB NOT NULL,
    declaration BLOB NOT NULL,
    person BLOB NOT NULL,
    level TEXT NOT NULL,
    code TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (province, id)
);
CREATE INDEX passes_by_person ON passes (province, person, issued_at);
CREATE INDEX passes_by_code ON passes (province, code);
CREATE INDEX passes_by_declaration ON passes (province, declaration);

-- Passes withdrawn for good. A hold is not one of these: it follows from marks.
CREATE TABLE revoked_passes (
    province TEXT NOT NULL,
    pass BLOB NOT NULL,
    revoked_by BLOB NOT NULL,
    revoked_at BIGINT NOT NULL,
    PRIMARY KEY (province, pass)
);

-- The paper an officer keyed: which documents were compared, and the sealed picture.
CREATE TABLE paper_sheets (
    province TEXT NOT NULL,
    declaration BLOB NOT NULL,
    serial TEXT NOT NULL,
    documents TEXT NOT NULL,
    picture BLOB,
    keyed_by BLOB NOT NULL,
    keyed_at BIGINT NOT NULL,
    PRIMARY KEY (province, declaration)
);

-- A copy of the population registry, imported from CSV.
CREATE TABLE registry_people (
    province TEXT NOT NULL,
    person BLOB NOT NULL,
    sealed BLOB NOT NULL,
    imported_at BIGINT NOT NULL,
    PRIMARY KEY (province, person)
);
