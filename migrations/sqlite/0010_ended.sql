-- What ended lately is counted and shown, what ended long ago is forgotten: neither reads the rest.
CREATE INDEX outbox_settled ON outbox (settled_at) WHERE settled_at IS NOT NULL;
-- Events that were given up are few, and counted all the time.
CREATE INDEX inbox_dead ON inbox (province, received_at) WHERE state = 'dead';
