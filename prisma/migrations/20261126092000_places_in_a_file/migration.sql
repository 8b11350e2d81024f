-- Between which rows an error is found: a page of one error reads no other rows. What is there already may be anywhere,
-- and so may what a running older version adds: it does not name the column. A constant default writes no row anew.
ALTER TABLE "import_error_group" ADD COLUMN "spans" int4multirange NOT NULL DEFAULT '{(,)}'::int4multirange;

-- The place before a line of a file. The table has one row for each 256 KiB that were imported.
CREATE INDEX "import_position_import_id_line_idx" ON "import_position"("import_id", "line");
