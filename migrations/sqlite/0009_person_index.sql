-- Every scan counts a person's passages: see the same file for PostgreSQL.
CREATE INDEX crossings_of_person ON crossings (person, scanned_at);
DROP INDEX crossings_by_person;
