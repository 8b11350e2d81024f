-- Why an import's worker cannot go on, as it told last. Empty in imports of the time before.
ALTER TABLE "import" ADD COLUMN "delay_code" TEXT,
  ADD COLUMN "delay_message" TEXT,
  ADD COLUMN "delay_since" TIMESTAMPTZ(3),
  ADD COLUMN "delay_at" TIMESTAMPTZ(3);
