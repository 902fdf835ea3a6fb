-- A message that stands in for another of its province: it is sent only when the first cannot
-- arrive any more, and spared when that one was taken.
ALTER TABLE outbox ADD COLUMN instead_of BLOB;
CREATE INDEX outbox_stand_ins ON outbox (province, instead_of) WHERE instead_of IS NOT NULL;

-- Passes that were declared in a chat: whom to remind and to tell. `home` is the province of the
-- channel, under which `address` is the chat's blind index; `recipient` is sealed. `proven` says
-- that the chat proved the number given in the declaration. `due_at` is when something is to be
-- told; none when nothing is left.
CREATE TABLE watches (
    province TEXT NOT NULL,
    pass BLOB NOT NULL,
    person BLOB NOT NULL,
    channel TEXT NOT NULL,
    home TEXT NOT NULL,
    address BLOB NOT NULL,
    recipient BLOB NOT NULL,
    language TEXT NOT NULL,
    proven BOOLEAN NOT NULL,
    heard_at BIGINT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    due_at BIGINT,
    superseded_at BIGINT,
    told_at BIGINT,
    PRIMARY KEY (province, pass)
);
CREATE INDEX watches_by_due ON watches (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX watches_of_person ON watches (province, person) WHERE superseded_at IS NULL;
CREATE INDEX watches_of_chat ON watches (channel, address);
CREATE INDEX watches_by_end ON watches (expires_at);

-- A release frees those whose entries rest on the one it ends.
CREATE INDEX marks_by_source ON marks (province, source) WHERE source IS NOT NULL;

-- Chats that want no notices, filed under the channel's province.
CREATE TABLE notices_off (
    province TEXT NOT NULL,
    channel TEXT NOT NULL,
    address BLOB NOT NULL,
    off_at BIGINT NOT NULL,
    PRIMARY KEY (province, channel, address)
);
