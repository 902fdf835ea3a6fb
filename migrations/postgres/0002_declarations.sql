-- A sealing key per province and period, wrapped by the master key. Destroying a row is how the
-- data of its period dies.
CREATE TABLE data_keys (
    province TEXT NOT NULL,
    period BIGINT NOT NULL,
    wrapped BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (province, period)
);

-- Append-only. `identity` and `answers` are sealed; `person`, `phone` and `plate` are keyed
-- blind indexes. Whether a declaration was superseded is derived from a later one.
CREATE TABLE declarations (
    province TEXT NOT NULL,
    id UUID NOT NULL,
    local_day BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    idem_key BYTEA NOT NULL,
    request_hash BYTEA NOT NULL,
    person BYTEA NOT NULL,
    phone BYTEA,
    plate BYTEA,
    identity BYTEA NOT NULL,
    answers BYTEA NOT NULL,
    facts TEXT NOT NULL,
    checkpoint BIGINT,
    channel TEXT NOT NULL,
    language TEXT NOT NULL,
    keyed_by UUID,
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
    id BYTEA NOT NULL,
    declaration UUID NOT NULL,
    person BYTEA NOT NULL,
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
    pass BYTEA NOT NULL,
    revoked_by UUID NOT NULL,
    revoked_at BIGINT NOT NULL,
    PRIMARY KEY (province, pass)
);

-- The paper an officer keyed: which documents were compared, and the sealed picture.
CREATE TABLE paper_sheets (
    province TEXT NOT NULL,
    declaration UUID NOT NULL,
    serial TEXT NOT NULL,
    documents TEXT NOT NULL,
    picture BYTEA,
    keyed_by UUID NOT NULL,
    keyed_at BIGINT NOT NULL,
    PRIMARY KEY (province, declaration)
);

-- A copy of the population registry, imported from CSV.
CREATE TABLE registry_people (
    province TEXT NOT NULL,
    person BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    imported_at BIGINT NOT NULL,
    PRIMARY KEY (province, person)
);

-- Second wall behind the scope in every statement: no setting, or an empty one, shows nothing.
ALTER TABLE data_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE data_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY data_keys_by_province ON data_keys
    USING (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')))
    WITH CHECK (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')));
ALTER TABLE declarations ENABLE ROW LEVEL SECURITY;
ALTER TABLE declarations FORCE ROW LEVEL SECURITY;
CREATE POLICY declarations_by_province ON declarations
    USING (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')))
    WITH CHECK (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')));
ALTER TABLE passes ENABLE ROW LEVEL SECURITY;
ALTER TABLE passes FORCE ROW LEVEL SECURITY;
CREATE POLICY passes_by_province ON passes
    USING (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')))
    WITH CHECK (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')));
ALTER TABLE paper_sheets ENABLE ROW LEVEL SECURITY;
ALTER TABLE paper_sheets FORCE ROW LEVEL SECURITY;
CREATE POLICY paper_sheets_by_province ON paper_sheets
    USING (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')))
    WITH CHECK (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')));
ALTER TABLE registry_people ENABLE ROW LEVEL SECURITY;
ALTER TABLE registry_people FORCE ROW LEVEL SECURITY;
CREATE POLICY registry_people_by_province ON registry_people
    USING (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')))
    WITH CHECK (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')));
ALTER TABLE revoked_passes ENABLE ROW LEVEL SECURITY;
ALTER TABLE revoked_passes FORCE ROW LEVEL SECURITY;
CREATE POLICY revoked_passes_by_province ON revoked_passes
    USING (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')))
    WITH CHECK (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')));
