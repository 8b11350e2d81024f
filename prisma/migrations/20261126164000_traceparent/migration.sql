-- Under which span an import's trace goes on in whichever process has it next.
ALTER TABLE "import" ADD COLUMN "traceparent" TEXT;
