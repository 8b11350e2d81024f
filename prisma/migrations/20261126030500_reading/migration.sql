-- Where in the file its header or, without one, its first row is to be looked for: what stands before is titles, a line
-- that names the delimiter, or lines that were to be skipped.
ALTER TABLE import
  ADD COLUMN start_byte bigint NOT NULL DEFAULT 0,
  ADD COLUMN start_line integer NOT NULL DEFAULT 1;
