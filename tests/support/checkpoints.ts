import { queryOnce } from './query-once.ts'

/** What an import's checkpoints tell of its way to its end. */
export interface Checkpoints {
  readonly count: number
  /** Of the times from its upload by way of its checkpoints to its end, in ms. */
  readonly longestGapMs: number
}

/**
 * Has the database note when each checkpoint of any import was written, which an import's rows do not keep. One of a partition that
 * has inserted `slowedFrom` rows takes `delayMs` more, as on a busy database: else no file of a test lasts through a restart.
 */
export async function noteCheckpoints(ownerUrl: string, delayMs: number, slowedFrom: number): Promise<void> {
  // In a schema of its own: `/readyz` is 503 where the app's role may not read a table of its own schema.
  await queryOnce(ownerUrl, 'CREATE SCHEMA noted')
  await queryOnce(ownerUrl, 'CREATE TABLE noted.checkpoint (import_id int NOT NULL, at timestamptz NOT NULL)')
  await queryOnce(
    ownerUrl,
    `CREATE FUNCTION note_checkpoint() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
       IF NEW.inserted >= ${slowedFrom} THEN PERFORM pg_sleep(${delayMs / 1_000}); END IF;
       INSERT INTO noted.checkpoint VALUES (NEW.import_id, clock_timestamp());
       RETURN NULL;
     END $$`,
  )
  await queryOnce(
    ownerUrl,
    'CREATE TRIGGER note_checkpoint AFTER INSERT OR UPDATE ON import_lane FOR EACH ROW EXECUTE FUNCTION note_checkpoint()',
  )
}

/** Of an import that is over. */
export async function readCheckpoints(ownerUrl: string, importId: number): Promise<Checkpoints> {
  const [row] = await queryOnce<Checkpoints>(
    ownerUrl,
    `WITH moments AS (
       SELECT at FROM noted.checkpoint WHERE import_id = $1
       UNION ALL SELECT created_at FROM import WHERE id = $1
       UNION ALL SELECT finished_at FROM import WHERE id = $1
     ), gaps AS (SELECT at - lag(at) OVER (ORDER BY at) AS gap FROM moments)
     SELECT (SELECT count(*)::int FROM noted.checkpoint WHERE import_id = $1) AS count,
       (SELECT round(extract(epoch FROM max(gap)) * 1000)::int FROM gaps) AS "longestGapMs"`,
    [importId],
  )
  if (row === undefined) throw new Error(`import ${importId} is not there`)
  return row
}
