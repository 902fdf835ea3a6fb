-- The code of a pass for phone keypads. Passes of before have none.
ALTER TABLE passes ADD COLUMN digits TEXT;
CREATE INDEX passes_by_digits ON passes (province, digits);
