-- What Prisma's schema cannot say: workers ask for what is to be deleted and is not yet, also where RETENTION_DAYS is unset.
CREATE INDEX "import_forgotten_idx" ON "import" ("expired_at") WHERE "expired_at" IS NOT NULL AND "purged_at" IS NULL;
