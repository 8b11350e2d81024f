-- A retry of rejected rows is claimed first and gets its file from a job; of one import there can be several, one after
-- the other. Those that are there were all made of every rejected row as it was.
ALTER TABLE "import" ADD COLUMN     "to_prepare" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "retry_options" JSONB,
ADD COLUMN     "retry_hash" TEXT;

UPDATE "import"
SET "retry_hash" = encode(sha256(convert_to('{"codes":null,"corrections":[],"dryRun":' || "dry_run"::text || '}', 'UTF8')), 'hex')
WHERE "retry_of" IS NOT NULL;

DROP INDEX "import_retry_of_key";

CREATE INDEX "import_retry_of_id_idx" ON "import"("retry_of", "id");
