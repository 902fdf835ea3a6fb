-- An account at a chat provider, shared by all nodes: its tokens, and whose turn it is. `province`
-- is 'service', as in channel_flow. The tokens are sealed with the key of the channel's tenant and
-- sealed anew at each renewal; the pair before is kept beside them. A pair that cannot be renewed
-- is locked until somebody gives another.
CREATE TABLE channel_accounts (
    province TEXT NOT NULL,
    channel TEXT NOT NULL,
    version BIGINT NOT NULL,
    access_token BLOB,
    refresh_token BLOB,
    access_until BIGINT NOT NULL,
    obtained_at BIGINT,
    former_access_token BLOB,
    former_refresh_token BLOB,
    turn_epoch BIGINT NOT NULL,
    turn_until BIGINT NOT NULL,
    locked_code TEXT,
    locked_at BIGINT,
    keeper TEXT NOT NULL,
    keeper_until BIGINT NOT NULL,
    position BIGINT,
    PRIMARY KEY (province, channel)
);
