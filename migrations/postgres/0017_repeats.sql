-- What a number said last: a text that the provider does not name is compared with it.
CREATE INDEX inbox_by_address ON inbox (province, channel, address, received_at, id)
    WHERE reply IS NULL;
