-- Numbers that chats have proven to be theirs, sealed. Deleted when the chat says so.
CREATE TABLE linked_chats (
    province TEXT NOT NULL,
    channel TEXT NOT NULL,
    address BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    linked_at BIGINT NOT NULL,
    PRIMARY KEY (province, channel, address)
);

ALTER TABLE linked_chats ENABLE ROW LEVEL SECURITY;
ALTER TABLE linked_chats FORCE ROW LEVEL SECURITY;
CREATE POLICY linked_chats_by_province ON linked_chats
    USING (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')))
    WITH CHECK (current_setting('khaibao.provinces', true) = '*'
        OR province = ANY (string_to_array(current_setting('khaibao.provinces', true), ',')));
