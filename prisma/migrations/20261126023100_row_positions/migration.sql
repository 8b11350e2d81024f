-- CreateTable
CREATE TABLE "import_position" (
    "import_id" INTEGER NOT NULL,
    "row_number" INTEGER NOT NULL,
    "byte_offset" BIGINT NOT NULL,
    "line" BIGINT NOT NULL,

    CONSTRAINT "import_position_pkey" PRIMARY KEY ("import_id","row_number")
);

-- CreateTable
CREATE TABLE "import_error_group" (
    "import_id" INTEGER NOT NULL,
    "lane" INTEGER NOT NULL,
    "error" SMALLINT NOT NULL,
    "rows" INTEGER NOT NULL,
    "first_rows" INTEGER[],

    CONSTRAINT "import_error_group_pkey" PRIMARY KEY ("import_id","lane","error")
);

-- What Prisma's schema cannot say. ---------------------------------------------------------------------------------

-- The groups of imports that are there already, by one pass over their rejected rows; as of one lane, which is never
-- continued: a batch that comes later adds to its own lane's groups.
INSERT INTO "import_error_group" (import_id, lane, error, rows, first_rows)
SELECT import_id, -1, error, count(*), (array_agg(row_number ORDER BY row_number))[1:5]
FROM "rejected_row" r, LATERAL (SELECT DISTINCT error FROM unnest(r.errors) AS e (error)) e
GROUP BY import_id, error;
