-- AlterTable
ALTER TABLE "import" ADD COLUMN     "attempts" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "clean_stop" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "slice_started_at" TIMESTAMPTZ(3),
ADD COLUMN     "worked_ms" BIGINT NOT NULL DEFAULT 0;

-- Of earlier imports nobody has noted what the pauses were: what is known is that they began, and when they ended.
UPDATE "import"
SET "attempts" = 1,
    "clean_stop" = "status" IN ('processing', 'cancelled'),
    "worked_ms" = CASE WHEN "finished_at" > "started_at"
                       THEN extract(epoch FROM "finished_at" - "started_at") * 1000 ELSE 0 END,
    "slice_started_at" = CASE WHEN "status" = 'processing' THEN "started_at" END
WHERE "started_at" IS NOT NULL;
