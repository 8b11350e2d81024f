-- Which storage belongs to this database.
CREATE TABLE "installation" (
    "singleton" BOOLEAN NOT NULL DEFAULT true,
    "id" UUID NOT NULL,
    "storage_confirmed_at" TIMESTAMPTZ(3),

    CONSTRAINT "installation_pkey" PRIMARY KEY ("singleton"),
    CONSTRAINT "installation_singleton_check" CHECK ("singleton")
);

-- CRC-32 of each block of 256 KiB of the file, 4 bytes each; null for files that were stored before. They do not compress.
ALTER TABLE "import" ADD COLUMN     "file_checksums" BYTEA,
ADD COLUMN     "upload_file_checksums" BYTEA;
ALTER TABLE "import" ALTER COLUMN "file_checksums" SET STORAGE EXTERNAL;
ALTER TABLE "import" ALTER COLUMN "upload_file_checksums" SET STORAGE EXTERNAL;

-- When a task of the reconciler or the janitor last ran, and how far it came.
CREATE TABLE "maintenance" (
    "task" TEXT NOT NULL,
    "ran_at" TIMESTAMPTZ(3) NOT NULL,
    "reached" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "maintenance_pkey" PRIMARY KEY ("task")
);

-- Unfinished imports and reverts by their ids: the reconciler reads a page of them at a time, so their number does not
-- matter to it. The indexes by time go, the first of which every change of an unfinished import had to maintain.
CREATE INDEX "import_unfinished_id_idx" ON "import" ("id") WHERE "status" IN ('queued', 'processing');
CREATE INDEX "import_reverting_id_idx" ON "import" ("id")
    WHERE "revert_requested_at" IS NOT NULL AND "status" <> 'reverted';
DROP INDEX "import_unfinished_idx";
DROP INDEX "import_reverting_idx";
