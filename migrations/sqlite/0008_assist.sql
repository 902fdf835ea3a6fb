-- One-time codes by which a citizen lets an officer or a hotline operator declare. `phone` is a
-- blind index of the number and `number` the number sealed; `code` a keyed hash.
CREATE TABLE assists (
    province TEXT NOT NULL,
    id BLOB NOT NULL,
    officer BLOB NOT NULL,
    phone BLOB NOT NULL,
    number BLOB NOT NULL,
    code BLOB NOT NULL,
    checkpoint BIGINT,
    tries BIGINT NOT NULL,
    sent_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    proven_at BIGINT,
    PRIMARY KEY (province, id)
);
CREATE INDEX assists_by_time ON assists (sent_at);
