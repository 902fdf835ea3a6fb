-- Tenants, posts, zones, staff. Small and reference-like: no row-level security.
CREATE TABLE provinces (
    province TEXT NOT NULL PRIMARY KEY,
    name_vi TEXT NOT NULL,
    name_en TEXT NOT NULL,
    unit_epoch BIGINT NOT NULL,
    unit_province BIGINT NOT NULL,
    cutoff_minute BIGINT NOT NULL,
    served_from BIGINT NOT NULL
);

CREATE TABLE checkpoints (
    province TEXT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    zone TEXT NOT NULL,
    unit_epoch BIGINT NOT NULL,
    unit_province BIGINT NOT NULL,
    unit_commune BIGINT NOT NULL,
    PRIMARY KEY (province, id)
);

CREATE TABLE zones (
    province TEXT NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    risk BIGINT NOT NULL,
    unit_epoch BIGINT NOT NULL,
    unit_province BIGINT NOT NULL,
    unit_commune BIGINT NOT NULL,
    from_at BIGINT NOT NULL,
    until_at BIGINT,
    PRIMARY KEY (province, id)
);

CREATE TABLE officers (
    province TEXT NOT NULL,
    id UUID NOT NULL,
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (province, id),
    UNIQUE (login)
);

-- A browser's log-in. The cookie holds the token, this table only its SHA-256.
CREATE TABLE logins (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    province TEXT NOT NULL,
    officer UUID NOT NULL,
    checkpoint BIGINT,
    direction TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX logins_by_officer ON logins (province, officer);

-- Who stood at which post when; a later row of the same officer ends the earlier one.
CREATE TABLE duties (
    province TEXT NOT NULL,
    id UUID NOT NULL,
    officer UUID NOT NULL,
    checkpoint BIGINT NOT NULL,
    from_at BIGINT NOT NULL,
    PRIMARY KEY (province, id)
);

-- Counted refusals (wrong passwords, unknown codes) by keyed hash of whom or what.
CREATE TABLE attempts (
    kind TEXT NOT NULL,
    subject BYTEA NOT NULL,
    id UUID NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (kind, subject, id)
);
