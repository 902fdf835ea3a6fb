-- Numbers that chats have proven to be theirs, sealed. Deleted when the chat says so.
CREATE TABLE linked_chats (
    province TEXT NOT NULL,
    channel TEXT NOT NULL,
    address BLOB NOT NULL,
    sealed BLOB NOT NULL,
    linked_at BIGINT NOT NULL,
    PRIMARY KEY (province, channel, address)
);
