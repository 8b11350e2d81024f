-- A column that may be null costs a filled table nothing.
ALTER TABLE "import" ADD COLUMN "profile_name" TEXT, ADD COLUMN "profile_version" INTEGER;

CREATE TABLE "import_profile" (
    "org_id" INTEGER NOT NULL,
    "name" TEXT NOT NULL COLLATE "C",
    "version" INTEGER NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "import_profile_pkey" PRIMARY KEY ("org_id","name")
);

CREATE TABLE "import_profile_version" (
    "org_id" INTEGER NOT NULL,
    "name" TEXT NOT NULL COLLATE "C",
    "version" INTEGER NOT NULL,
    "options" JSONB NOT NULL,
    "actor_type" TEXT NOT NULL,
    "actor_name" TEXT NOT NULL,
    "saved_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "import_profile_version_pkey" PRIMARY KEY ("org_id","name","version")
);

ALTER TABLE "import_profile" ADD CONSTRAINT "import_profile_org_id_fkey" FOREIGN KEY ("org_id") REFERENCES "organization"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "import_profile_version" ADD CONSTRAINT "import_profile_version_org_id_name_fkey" FOREIGN KEY ("org_id", "name") REFERENCES "import_profile"("org_id", "name") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What Prisma's schema cannot say. ---------------------------------------------------------------------------------

ALTER TABLE "import" ADD CONSTRAINT "import_profile_check" CHECK (("profile_name" IS NULL) = ("profile_version" IS NULL)) NOT VALID;
ALTER TABLE "import_profile" ADD CONSTRAINT "import_profile_version_check" CHECK ("version" >= 1);

-- The imports of a profile, newest first; most have none.
CREATE INDEX "import_profile_idx" ON "import" ("org_id", "profile_name", "id") WHERE "profile_name" IS NOT NULL;

-- In the audit list, as everything else there, by triggers.
CREATE FUNCTION "note_import_profile"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_event(NEW.org_id, NULL, CASE WHEN TG_OP = 'INSERT' THEN 'profile.saved' ELSE 'profile.deleted' END,
        'system', jsonb_build_object('name', NEW.name, 'version', NEW.version));
    RETURN NULL;
END
$$;
CREATE TRIGGER "note_saved_import_profile" AFTER INSERT ON "import_profile_version" FOR EACH ROW EXECUTE FUNCTION "note_import_profile"();
CREATE TRIGGER "note_deleted_import_profile" AFTER UPDATE ON "import_profile" FOR EACH ROW
    WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL) EXECUTE FUNCTION "note_import_profile"();
