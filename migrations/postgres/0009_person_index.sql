-- Every scan counts a person's passages. While a table is young PostgreSQL takes any index that
-- begins with the province for as good as any other, keeps that plan, and reads the whole day for
-- each scan. No other index begins with the person, and the query (`KNOWN_OF`) keeps the province
-- out of the choice.
CREATE INDEX crossings_of_person ON crossings (person, scanned_at);
DROP INDEX crossings_by_person;
