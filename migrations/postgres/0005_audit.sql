-- Who did or saw what, hash-chained per (province, writer). Append-only.
CREATE TABLE audit (
    province TEXT NOT NULL,
    writer TEXT NOT NULL,
    seq BIGINT NOT NULL,
    prev_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    role TEXT NOT NULL,
    purpose TEXT NOT NULL,
    action TEXT NOT NULL,
    subject BYTEA,
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

-- Second wall behind the scope in every statement: no setting, or an empty one, shows nothing.
ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_by_province ON audit
    USING (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')))
    WITH CHECK (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')));
ALTER TABLE audit_chains ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_chains FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_chains_by_province ON audit_chains
    USING (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')))
    WITH CHECK (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')));
