-- CreateTable
CREATE TABLE "audit_event" (
    "id" BIGSERIAL NOT NULL,
    "org_id" INTEGER NOT NULL,
    "import_id" INTEGER,
    "kind" TEXT NOT NULL,
    "actor_type" TEXT NOT NULL,
    "actor_name" TEXT NOT NULL,
    "detail" JSONB NOT NULL DEFAULT '{}',
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_event_pkey" PRIMARY KEY ("id")
);

-- What Prisma's schema cannot say. ---------------------------------------------------------------------------------

-- An import's timeline, and what else an organization keeps for its auditors: two lists that never meet.
CREATE INDEX "audit_event_import_idx" ON "audit_event" ("import_id", "id") WHERE "import_id" IS NOT NULL;
CREATE INDEX "audit_event_org_idx" ON "audit_event" ("org_id", "id") WHERE "import_id" IS NULL;

ALTER TABLE "audit_event" ADD CONSTRAINT "audit_event_actor_type_check" CHECK ("actor_type" IN ('key', 'worker', 'system'));
