-- Whom a contact met is chosen among the entries of a class that stand, however many suspicions
-- came after them.
CREATE INDEX marks_by_class ON marks (province, class, marked_at);

-- Where an entry is about the holder of a pass that another province issued: that province
-- (`province`, with its index of the person), and whose entry it is. Whether the entry stands is
-- read there, so a release needs no row here.
CREATE TABLE marks_elsewhere (
    province TEXT NOT NULL,
    person BLOB NOT NULL,
    marked_in TEXT NOT NULL,
    mark BLOB NOT NULL,
    PRIMARY KEY (province, person, marked_in, mark)
);
