-- One-time links from a chat to the page that takes what a chat should not carry. `token` and
-- `opener` are keyed hashes: of the link, and of what the first browser that opened it keeps.
-- `address` is a blind index of the chat, `content` what the chat knew, sealed.
CREATE TABLE handovers (
    province TEXT NOT NULL,
    id UUID NOT NULL,
    token BYTEA NOT NULL,
    channel TEXT NOT NULL,
    address BYTEA NOT NULL,
    content BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    opener BYTEA,
    opened_at BIGINT,
    declaration UUID,
    used_at BIGINT,
    PRIMARY KEY (province, id),
    UNIQUE (province, token)
);
CREATE INDEX handovers_by_chat ON handovers (province, channel, address, created_at);
CREATE INDEX handovers_by_time ON handovers (created_at);

-- Pictures that a provider has fetched, each once. `attempt` is the fencing number of the claim
-- that handed the message over: a message that is sent again brings a picture again.
CREATE TABLE served_pictures (
    province TEXT NOT NULL,
    message UUID NOT NULL,
    attempt BIGINT NOT NULL,
    served_at BIGINT NOT NULL,
    PRIMARY KEY (province, message, attempt)
);
CREATE INDEX served_pictures_by_time ON served_pictures (served_at);

ALTER TABLE handovers ENABLE ROW LEVEL SECURITY;
ALTER TABLE handovers FORCE ROW LEVEL SECURITY;
CREATE POLICY handovers_by_province ON handovers
    USING (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')))
    WITH CHECK (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')));
ALTER TABLE served_pictures ENABLE ROW LEVEL SECURITY;
ALTER TABLE served_pictures FORCE ROW LEVEL SECURITY;
CREATE POLICY served_pictures_by_province ON served_pictures
    USING (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')))
    WITH CHECK (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')));
