-- One-time codes by which a citizen lets an officer or a hotline operator declare. `phone` is a
-- blind index of the number and `number` the number sealed; `code` a keyed hash.
CREATE TABLE assists (
    province TEXT NOT NULL,
    id UUID NOT NULL,
    officer UUID NOT NULL,
    phone BYTEA NOT NULL,
    number BYTEA NOT NULL,
    code BYTEA NOT NULL,
    checkpoint BIGINT,
    tries BIGINT NOT NULL,
    sent_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    proven_at BIGINT,
    PRIMARY KEY (province, id)
);
CREATE INDEX assists_by_time ON assists (sent_at);

ALTER TABLE assists ENABLE ROW LEVEL SECURITY;
ALTER TABLE assists FORCE ROW LEVEL SECURITY;
CREATE POLICY assists_by_province ON assists
    USING (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')))
    WITH CHECK (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')));
