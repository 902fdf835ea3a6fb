-- Replies in a chat come in the order of what they answer: what is open for it is looked up.
CREATE INDEX outbox_by_chat ON outbox (channel, address)
    WHERE state IN ('queued', 'sending') AND class_order <= 1;
