-- Raw events of channels, stored before they are acknowledged. `event_key` is a keyed hash of what
-- makes a provider's repeat equal to the first; `address` a blind index of the number; `event` and
-- `reply` are sealed. `whole` names the row that a part of a long text was joined to.
CREATE TABLE inbox (
    province TEXT NOT NULL,
    id BLOB NOT NULL,
    channel TEXT NOT NULL,
    event_key BLOB NOT NULL,
    address BLOB NOT NULL,
    event BLOB NOT NULL,
    state TEXT NOT NULL,
    part_reference BIGINT,
    part_number BIGINT,
    part_total BIGINT,
    whole BLOB,
    reply BLOB,
    attempts BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    last_code TEXT,
    received_at BIGINT NOT NULL,
    settled_at BIGINT,
    PRIMARY KEY (province, id),
    UNIQUE (province, channel, event_key)
);
CREATE INDEX inbox_open_by_due ON inbox (due_at, id)
    WHERE state IN ('new', 'working', 'part');
CREATE INDEX inbox_open_by_address ON inbox (province, channel, address, received_at, id)
    WHERE state IN ('new', 'working', 'part');
CREATE INDEX inbox_by_whole ON inbox (province, whole) WHERE whole IS NOT NULL;
CREATE INDEX inbox_by_received ON inbox (received_at);

-- An unfinished exchange: one for each number on a channel. `version` rises by one with each
-- write; a write from an older version stores nothing.
CREATE TABLE conversations (
    province TEXT NOT NULL,
    channel TEXT NOT NULL,
    address BLOB NOT NULL,
    version BIGINT NOT NULL,
    state BLOB NOT NULL,
    updated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (province, channel, address)
);
CREATE INDEX conversations_by_end ON conversations (expires_at);

-- What a number lets us remember of its last declaration, sealed. Deleted when it says so.
CREATE TABLE profiles (
    province TEXT NOT NULL,
    address BLOB NOT NULL,
    sealed BLOB NOT NULL,
    consented_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (province, address)
);

-- One row of the outbox is one part. `class_order` is the class as a number; `address` a blind
-- index of the recipient under the channel's province; `provider_key` the provider's id in the
-- form under which receipts are matched; `doubtful` counts unknown outcomes that were sent again.
ALTER TABLE outbox ADD COLUMN class_order BIGINT NOT NULL DEFAULT 3;
ALTER TABLE outbox ADD COLUMN units BIGINT NOT NULL DEFAULT 1;
ALTER TABLE outbox ADD COLUMN cost BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN part_number BIGINT;
ALTER TABLE outbox ADD COLUMN part_total BIGINT;
ALTER TABLE outbox ADD COLUMN address BLOB;
ALTER TABLE outbox ADD COLUMN provider_key TEXT;
ALTER TABLE outbox ADD COLUMN doubtful BIGINT NOT NULL DEFAULT 0;
CREATE INDEX outbox_open ON outbox (channel, class_order, province, due_at, id)
    WHERE state IN ('queued', 'sending');
CREATE INDEX outbox_by_provider ON outbox (channel, provider_key) WHERE provider_key IS NOT NULL;
CREATE INDEX outbox_unknown ON outbox (channel, address) WHERE state = 'unknown';

-- A channel's pace, money and health, shared by all nodes. `tokens` are thousandths of a part.
-- `province` is 'service' here and in the two tables below: channels are shared by provinces.
CREATE TABLE channel_flow (
    province TEXT NOT NULL,
    channel TEXT NOT NULL,
    tokens BIGINT NOT NULL,
    refilled_at BIGINT NOT NULL,
    day BIGINT NOT NULL,
    units_today BIGINT NOT NULL,
    spent_today BIGINT NOT NULL,
    turn BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    open_until BIGINT NOT NULL,
    last_sent_at BIGINT,
    last_heard_at BIGINT,
    PRIMARY KEY (province, channel)
);

-- Receipts that came before the answer to what they are about.
CREATE TABLE orphan_receipts (
    province TEXT NOT NULL,
    id BLOB NOT NULL,
    channel TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    address BLOB,
    state TEXT NOT NULL,
    code TEXT,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (province, id)
);
CREATE INDEX orphan_receipts_by_channel ON orphan_receipts (channel, received_at);

-- Numbers that want no more messages of a channel, until they write themselves.
CREATE TABLE stopped_addresses (
    province TEXT NOT NULL,
    channel TEXT NOT NULL,
    address BLOB NOT NULL,
    stopped_at BIGINT NOT NULL,
    PRIMARY KEY (province, channel, address)
);
