-- Messages to send, written with their cause. `recipient` and `body` are sealed.
CREATE TABLE outbox (
    province TEXT NOT NULL,
    id UUID NOT NULL,
    channel TEXT NOT NULL,
    class TEXT NOT NULL,
    cause TEXT NOT NULL,
    recipient BYTEA NOT NULL,
    body BYTEA NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    deadline_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    provider_id TEXT,
    last_code TEXT,
    created_at BIGINT NOT NULL,
    settled_at BIGINT,
    PRIMARY KEY (province, id),
    UNIQUE (province, channel, cause)
);
CREATE INDEX outbox_by_due ON outbox (state, due_at);

-- One row per (job, scope, period): scheduled work is taken by exactly one node.
CREATE TABLE jobs (
    province TEXT NOT NULL,
    job TEXT NOT NULL,
    period BIGINT NOT NULL,
    state TEXT NOT NULL,
    owner TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    finished_at BIGINT,
    why TEXT,
    PRIMARY KEY (province, job, period)
);
CREATE INDEX jobs_by_due ON jobs (state, due_at);

CREATE TABLE committee_members (
    province TEXT NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    address BYTEA NOT NULL,
    language TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    PRIMARY KEY (province, id)
);

-- What was reported, as it was reported. A restatement is a new revision.
CREATE TABLE reports (
    province TEXT NOT NULL,
    kind TEXT NOT NULL,
    day BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    from_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    content TEXT NOT NULL,
    content_hash BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (province, kind, day, revision)
);

-- Second wall behind the scope in every statement: no setting, or an empty one, shows nothing.
ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox FORCE ROW LEVEL SECURITY;
CREATE POLICY outbox_by_province ON outbox
    USING (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')))
    WITH CHECK (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')));
ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE jobs FORCE ROW LEVEL SECURITY;
CREATE POLICY jobs_by_province ON jobs
    USING (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')))
    WITH CHECK (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')));
ALTER TABLE committee_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE committee_members FORCE ROW LEVEL SECURITY;
CREATE POLICY committee_members_by_province ON committee_members
    USING (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')))
    WITH CHECK (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')));
ALTER TABLE reports ENABLE ROW LEVEL SECURITY;
ALTER TABLE reports FORCE ROW LEVEL SECURITY;
CREATE POLICY reports_by_province ON reports
    USING (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')))
    WITH CHECK (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')));
