-- Row security: the database itself keeps the rows of one organization from another's, should a statement forget to.
-- A connection names whom it works for (packages/db/src/row-security): `importer.org_id` is an organization, `all` for the
-- system's own work, or `none`. The rows of an import's outcome have no organization: `importer.import_id` is their import,
-- which is named only if its organization's policy shows it; empty, they are seen of no import, or of all with the system's
-- work. A connection that has named nobody sees everything: it is one of a version before this migration, beside which a
-- newer one runs during an upgrade. Empty is as if it was never set, as PostgreSQL makes it so when a session is reset.
--
-- FORCE holds the tables' owner to it, too. Superusers, and roles with BYPASSRLS, are held by nothing.
--
-- Each condition is one sub-select, evaluated once for a statement, which gives NULL for everybody's rows. It is written out: planning
-- the statement of a batch takes three times as long with functions in its place. Of IS NOT NULL the planner expects
-- that every row passes; of a comparison it would expect few, and then read and sort all to show a page of them.
DO $$
DECLARE
  name text;
  -- Nobody's is an id that no organization and no import has.
  of_organization CONSTANT text := $condition$CASE WHEN %I <> (
    SELECT CASE coalesce(current_setting('importer.org_id', true), '')
           WHEN '' THEN NULL WHEN 'all' THEN NULL WHEN 'none' THEN -2147483648
           ELSE current_setting('importer.org_id', true)::int END) THEN NULL ELSE true END IS NOT NULL$condition$;
  of_import CONSTANT text := $condition$CASE WHEN import_id <> (
    SELECT CASE WHEN coalesce(current_setting('importer.import_id', true), '') <> ''
                THEN current_setting('importer.import_id', true)::int
                WHEN coalesce(current_setting('importer.org_id', true), '') NOT IN ('', 'all') THEN -2147483648
           END) THEN NULL ELSE true END IS NOT NULL$condition$;
BEGIN
  FOREACH name IN ARRAY ARRAY[
    'api_key', 'series', 'coupon', 'customer', 'till', 'redemption', 'dry_redemption', 'import', 'idempotency_claim',
    'import_profile', 'import_profile_version', 'audit_event', 'webhook_endpoint', 'webhook_secret', 'webhook_event',
    'webhook_delivery'
  ] LOOP
    EXECUTE format('CREATE POLICY organization ON %I USING (%s)', name, format(of_organization, 'org_id'));
  END LOOP;
  EXECUTE format('CREATE POLICY organization ON organization USING (%s)', format(of_organization, 'id'));
  FOREACH name IN ARRAY ARRAY['rejected_row', 'duplicate_row', 'import_position', 'import_error_group'] LOOP
    EXECUTE format('CREATE POLICY organization ON %I USING (%s)', name, of_import);
  END LOOP;
  -- Lists show the counts of many imports.
  EXECUTE format(
    'CREATE POLICY organization ON import_lane USING (%s OR EXISTS (SELECT FROM import i WHERE i.id = import_id))', of_import);
  CREATE POLICY organization ON session USING (EXISTS (SELECT FROM api_key k WHERE k.id = api_key_id));
  CREATE POLICY organization ON webhook_attempt USING (
    EXISTS (SELECT FROM webhook_delivery d WHERE d.id = delivery_id));
  FOR name IN SELECT tablename FROM pg_policies WHERE schemaname = current_schema() LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
  END LOOP;
END $$;
