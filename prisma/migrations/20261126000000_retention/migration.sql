-- AlterTable
ALTER TABLE "import" ADD COLUMN     "expired_at" TIMESTAMPTZ(3),
ADD COLUMN     "purged_at" TIMESTAMPTZ(3);

-- CreateIndex
CREATE INDEX "webhook_event_occurred_at_idx" ON "webhook_event"("occurred_at");

-- What Prisma's schema cannot say. ---------------------------------------------------------------------------------

-- The sweep asks for what ended long ago and is not purged. Where RETENTION_DAYS is unset nobody asks.
CREATE INDEX "import_purgeable_idx" ON "import" ("finished_at")
    WHERE "purged_at" IS NULL AND "status" NOT IN ('queued', 'processing');

-- The same of deliveries that are done.
CREATE INDEX "webhook_delivery_finished_idx" ON "webhook_delivery" ("finished_at") WHERE "status" <> 'pending';
