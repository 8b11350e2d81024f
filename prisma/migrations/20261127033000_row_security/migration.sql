-- Row security: the database itself keeps the rows of one organization from another's, should a statement forget to.
-- A connection names whom it works for (packages/db/src/row-security): an organization, or the system's own work, which
-- sees everybody's rows. One that named nobody sees nothing; only one of a version before this migration, which has never
-- set any of this, sees everything, so that both versions run side by side during an upgrade.
--
-- FORCE holds the tables' owner to it, too. Superusers, and roles with BYPASSRLS, are held by nothing.

CREATE FUNCTION importer_organization() RETURNS int LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('importer.org_id', true), '')::int;

CREATE FUNCTION importer_is_system() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(current_setting('importer.system', true), 'on') = 'on';

-- The import that a connection works on: named only if its organization's policy shows it, so its rows need no second look.
CREATE FUNCTION importer_import() RETURNS int LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('importer.import_id', true), '')::int;

-- In a sub-select each function is called once for a statement, not once for a row.
DO $$
DECLARE
  name text;
  of_organization CONSTANT text := '%I = (SELECT importer_organization()) OR (SELECT importer_is_system())';
  of_import CONSTANT text := 'import_id = (SELECT importer_import()) OR (SELECT importer_is_system()) '
    'OR EXISTS (SELECT FROM import i WHERE i.id = import_id)';
BEGIN
  FOREACH name IN ARRAY ARRAY[
    'api_key', 'series', 'coupon', 'customer', 'till', 'redemption', 'dry_redemption', 'import', 'idempotency_claim',
    'import_profile', 'import_profile_version', 'audit_event', 'webhook_endpoint', 'webhook_secret', 'webhook_event',
    'webhook_delivery'
  ] LOOP
    EXECUTE format('CREATE POLICY organization ON %I USING (%s)', name, format(of_organization, 'org_id'));
  END LOOP;
  EXECUTE format('CREATE POLICY organization ON organization USING (%s)', format(of_organization, 'id'));
  FOREACH name IN ARRAY ARRAY[
    'import_lane', 'rejected_row', 'duplicate_row', 'import_position', 'import_error_group'
  ] LOOP
    EXECUTE format('CREATE POLICY organization ON %I USING (%s)', name, of_import);
  END LOOP;
  CREATE POLICY organization ON session USING (
    (SELECT importer_is_system()) OR EXISTS (SELECT FROM api_key k WHERE k.id = api_key_id));
  CREATE POLICY organization ON webhook_attempt USING (
    (SELECT importer_is_system()) OR EXISTS (SELECT FROM webhook_delivery d WHERE d.id = delivery_id));
  FOR name IN SELECT tablename FROM pg_policies WHERE schemaname = current_schema() LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
  END LOOP;
END $$;
