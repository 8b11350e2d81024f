-- What Prisma's schema cannot say. ---------------------------------------------------------------------------------

-- Timelines and the audit list are written by triggers: so each entry is in the transaction of what it tells, whichever
-- statement that is, and none is forgotten. Who acts says so by the setting importer.actor, as TYPE:NAME, for one
-- transaction; who says nothing is a worker or the system, by the name of its connections.

CREATE FUNCTION "note_event"(org integer, import integer, event text, usual text, detail jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    actor text := coalesce(nullif(current_setting('importer.actor', true), ''), usual || ':' || current_setting('application_name'));
BEGIN
    INSERT INTO "audit_event" (org_id, import_id, kind, actor_type, actor_name, detail, at)
    VALUES (org, import, event, split_part(actor, ':', 1), substr(actor, strpos(actor, ':') + 1), detail, clock_timestamp());
END
$$;

CREATE FUNCTION "note_import"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM note_event(NEW.org_id, NEW.id, 'uploaded', 'system',
            jsonb_build_object('fileName', NEW.file_name, 'bytes', coalesce(NEW.upload_bytes, NEW.bytes), 'dryRun', NEW.dry_run));
        IF NEW.retry_of IS NOT NULL THEN
            PERFORM note_event(NEW.org_id, NEW.retry_of, 'retried', 'system', jsonb_build_object('importId', NEW.id));
        END IF;
        RETURN NULL;
    END IF;
    IF OLD.started_at IS NULL AND NEW.started_at IS NOT NULL THEN
        PERFORM note_event(NEW.org_id, NEW.id, 'started', 'worker', '{}');
    ELSIF NEW.attempts > OLD.attempts THEN
        PERFORM note_event(NEW.org_id, NEW.id, 'taken-over', 'worker', jsonb_build_object('attempt', NEW.attempts));
    END IF;
    IF NEW.status <> OLD.status THEN
        IF NEW.status = 'queued' AND OLD.status IN ('cancelled', 'failed') THEN
            PERFORM note_event(NEW.org_id, NEW.id, 'resumed', 'system', '{}');
        ELSIF NEW.status = 'cancelled' THEN
            PERFORM note_event(NEW.org_id, NEW.id, 'cancelled', 'system', '{}');
        ELSIF NEW.status = 'completed' THEN
            PERFORM note_event(NEW.org_id, NEW.id, 'completed', 'worker', (
                SELECT jsonb_build_object('inserted', coalesce(sum(inserted), 0), 'duplicates', coalesce(sum(duplicates), 0),
                                          'rejected', coalesce(sum(rejected), 0))
                FROM "import_lane" WHERE import_id = NEW.id));
        ELSIF NEW.status = 'failed' THEN
            PERFORM note_event(NEW.org_id, NEW.id, 'failed', 'worker',
                jsonb_build_object('code', NEW.failure_code, 'message', NEW.failure_message));
        ELSIF NEW.status = 'reverted' THEN
            PERFORM note_event(NEW.org_id, NEW.id, 'reverted', 'worker', '{}');
        END IF;
    END IF;
    IF OLD.revert_requested_at IS NULL AND NEW.revert_requested_at IS NOT NULL THEN
        PERFORM note_event(NEW.org_id, NEW.id, 'revert-requested', 'system', '{}');
    END IF;
    IF OLD.expired_at IS NULL AND NEW.expired_at IS NOT NULL THEN
        PERFORM note_event(NEW.org_id, NEW.id, 'expired', 'system', '{}');
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER "note_new_import" AFTER INSERT ON "import" FOR EACH ROW EXECUTE FUNCTION "note_import"();
CREATE TRIGGER "note_import" AFTER UPDATE ON "import" FOR EACH ROW
    WHEN (OLD.status <> NEW.status OR OLD.attempts <> NEW.attempts OR OLD.started_at IS DISTINCT FROM NEW.started_at
          OR OLD.revert_requested_at IS DISTINCT FROM NEW.revert_requested_at
          OR OLD.expired_at IS DISTINCT FROM NEW.expired_at)
    EXECUTE FUNCTION "note_import"();

CREATE FUNCTION "note_api_key"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM note_event(NEW.org_id, NULL, 'key.created', 'system', jsonb_build_object('id', NEW.id, 'name', NEW.name, 'role', NEW.role));
    ELSE
        PERFORM note_event(NEW.org_id, NULL, 'key.revoked', 'system', jsonb_build_object('id', NEW.id, 'name', NEW.name, 'role', NEW.role));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER "note_new_api_key" AFTER INSERT ON "api_key" FOR EACH ROW EXECUTE FUNCTION "note_api_key"();
CREATE TRIGGER "note_revoked_api_key" AFTER UPDATE ON "api_key" FOR EACH ROW
    WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL) EXECUTE FUNCTION "note_api_key"();

CREATE FUNCTION "note_webhook_endpoint"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_event(NEW.org_id, NULL,
        CASE WHEN TG_OP = 'INSERT' THEN 'endpoint.created' WHEN NEW.status = 'deleted' THEN 'endpoint.deleted' ELSE 'endpoint.changed' END,
        'system', jsonb_build_object('id', NEW.id, 'url', NEW.url, 'status', NEW.status));
    RETURN NULL;
END
$$;
CREATE TRIGGER "note_new_webhook_endpoint" AFTER INSERT ON "webhook_endpoint" FOR EACH ROW EXECUTE FUNCTION "note_webhook_endpoint"();
CREATE TRIGGER "note_webhook_endpoint" AFTER UPDATE ON "webhook_endpoint" FOR EACH ROW
    WHEN ((OLD.url, OLD.description, OLD.event_types, OLD.status) IS DISTINCT FROM (NEW.url, NEW.description, NEW.event_types, NEW.status))
    EXECUTE FUNCTION "note_webhook_endpoint"();

CREATE FUNCTION "note_session"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    key "api_key"%ROWTYPE;
BEGIN
    SELECT * INTO STRICT key FROM "api_key" WHERE id = NEW.api_key_id;
    PERFORM set_config('importer.actor', 'key:' || coalesce(key.name, 'key ' || key.id), true);
    PERFORM note_event(key.org_id, NULL, 'session.created', 'key', jsonb_build_object('keyId', key.id));
    RETURN NULL;
END
$$;
CREATE TRIGGER "note_session" AFTER INSERT ON "session" FOR EACH ROW EXECUTE FUNCTION "note_session"();
