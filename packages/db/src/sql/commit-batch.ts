import {
  COLUMNS,
  describeColumn,
  OPTIONAL_KEYS,
  ROW_ERROR_CODE_COUNT,
  type CouponKey,
  type CustomerKey,
  type OptionalKey,
} from '@importer/contracts'

import { evaluateLimited } from './evaluate-limited.ts'
import { evaluateUnlimited } from './evaluate-unlimited.ts'
import { evaluateSingleUse } from './evaluate-single-use.ts'
import { limitErrorsOf, NOT_FOUND, ruleErrorOf } from './resolution-rules.ts'
import { buildStatement, type Statement } from './statement.ts'

/** Which columns a batch has, and how its rows are evaluated: what the statement's text depends on. */
export interface BatchShape {
  readonly customers: readonly CustomerKey[]
  readonly coupons: readonly CouponKey[]
  readonly optional: readonly OptionalKey[]
  /**
   * `first-use`: one redemption a coupon, ever; raises a unique violation where another import redeems the batch's coupons
   * at this time. `single-use`: the same, and does not. `limited`: right for any series with a limit. `unlimited`: for a
   * series without one.
   */
  readonly strategy: Strategy
  /** Inserts no redemption: what it would insert goes into a table beside them, where only this dry run sees it. */
  readonly dryRun: boolean
}

export type BatchParameter =
  | 'importId'
  | 'orgId'
  | 'seriesId'
  | 'partition'
  | 'fencingToken'
  | 'expectedRow'
  | 'nextRow'
  | 'nextByte'
  | 'nextLine'
  | 'columnCount'
  | 'rowNumbers'
  | 'lines'
  | 'byteOffsets'
  | 'tills'
  | 'redeemedMs'
  | CustomerKey
  | CouponKey
  | OptionalKey
  | 'rejectedRowNumbers'
  | 'rejectedLines'
  | 'rejectedByteOffsets'
  | 'rejectedErrors'
  | 'markRowNumbers'
  | 'markLines'
  | 'markByteOffsets'

export type Parameter = (name: BatchParameter, type: string) => string

interface StrategyOptions {
  readonly dryRun: boolean
}

const STRATEGIES = {
  'first-use': (p: Parameter, options: StrategyOptions) =>
    evaluateSingleUse(p, { ...options, expectsCompetitors: false }),
  // Nobody else writes into a dry run.
  'single-use': (p: Parameter, { dryRun }: StrategyOptions) =>
    evaluateSingleUse(p, { dryRun, expectsCompetitors: !dryRun }),
  limited: evaluateLimited,
  unlimited: evaluateUnlimited,
} as const

export type Strategy = keyof typeof STRATEGIES

export const STRATEGY_NAMES = Object.keys(STRATEGIES) as readonly Strategy[]

/** How many rows an error group remembers. */
const FIRST_ROWS = 5

const statements = new Map<string, Statement<BatchParameter>>()

/**
 * One batch of one partition, whole: look-ups, rules, redemptions, row errors, duplicates and the checkpoint, in one
 * statement and so in one transaction.
 *
 * Gives no row when the partition is not at `expectedRow` with this fencing token (or its series is not of the kind that
 * the strategy is for): then nothing was written. Otherwise one row: inserted, duplicates, rejected, and the rejected rows by
 * code.
 *
 * Plan: the look-ups are LATERAL with an OFFSET, so that each is an index look-up whatever the statistics say; hashing a
 * reference table of millions for every batch of thousands is two to seven times slower. None has a LIMIT without an ORDER
 * that its index serves: where statistics say that every row matches, reading the whole table would look cheap. Rows come
 * to each in the order of the index that it asks, which is sorting well spent. No row asks a large table with EXISTS: for
 * many rows the planner would rather read all of the table. Tills are few: their join is the planner's business. Nothing
 * joins two sets of the batch's size where it could be looped: what a data-modifying part returned is asked with IN, which
 * is hashed. The columns are unnested side by side in a select list: as a function in FROM each would be stored, and read
 * back, by itself.
 *
 * Locks: the partition's row first, so that a worker that takes over waits for a batch in flight and a worker with an older
 * fencing token finds no row. Redemptions are inserted in the order of their coupon, so that imports that compete for
 * coupons wait for each other and do not deadlock.
 */
export function commitBatch(shape: BatchShape): Statement<BatchParameter> {
  const key = JSON.stringify(shape)
  let statement = statements.get(key)
  if (statement === undefined) {
    statement = buildStatement<BatchParameter>((p) => buildText(shape, p))
    statements.set(key, statement)
  }
  return statement
}

function buildText(shape: BatchShape, p: Parameter): string {
  const strategy = STRATEGIES[shape.strategy](p, shape)
  return `
WITH series_rules AS MATERIALIZED (
  SELECT max_redemptions_per_coupon, valid_from, valid_till, single_use, was_single_use, was_unlimited, limit_changes
  FROM series WHERE org_id = ${p('orgId', 'int')} AND id = ${p('seriesId', 'bigint')}
),
fence AS MATERIALIZED (
  SELECT l.import_id
  FROM import_lane l
  WHERE l.import_id = ${p('importId', 'int')} AND l.lane = ${p('partition', 'int')} AND l.lease = ${p('fencingToken', 'int')}
    AND l.next_row = ${p('expectedRow', 'int')}${strategy.condition}
  FOR UPDATE
),
${resolveRows(shape, p)},
${strategy.expressions},
rejected AS (
  INSERT INTO rejected_row (import_id, row_number, line, byte_offset, errors)
  SELECT ${p('importId', 'int')}, row_number, line, byte_offset, errors FROM resolved WHERE errors IS NOT NULL
  UNION ALL
  SELECT ${p('importId', 'int')}, row_number, line, byte_offset, ARRAY[rule_error] FROM evaluated WHERE NOT duplicate
  UNION ALL
  SELECT ${p('importId', 'int')}, row_number, line, byte_offset, errors::smallint[]
  FROM unnest(${p('rejectedRowNumbers', 'int[]')}, ${p('rejectedLines', 'bigint[]')}, ${p('rejectedByteOffsets', 'bigint[]')},
              ${p('rejectedErrors', 'text[]')}) AS t (row_number, line, byte_offset, errors)
  WHERE EXISTS (SELECT FROM fence)
  RETURNING 1
),
duplicate AS (
  INSERT INTO duplicate_row (import_id, row_number)
  SELECT ${p('importId', 'int')}, row_number FROM evaluated WHERE duplicate
  RETURNING 1
),
all_errors AS MATERIALIZED (
  SELECT row_number, unnest(errors) AS error FROM resolved WHERE errors IS NOT NULL
  UNION ALL
  SELECT row_number, rule_error FROM evaluated WHERE NOT duplicate
  UNION ALL
  SELECT row_number, unnest(errors::smallint[])
  FROM unnest(${p('rejectedRowNumbers', 'int[]')}, ${p('rejectedErrors', 'text[]')}) AS t (row_number, errors)
  WHERE EXISTS (SELECT FROM fence)
),
error_group AS (
  INSERT INTO import_error_group AS g (import_id, lane, error, rows, first_rows, spans)
  SELECT ${p('importId', 'int')}, ${p('partition', 'int')}, error, count(*)::int,
         (array_agg(row_number ORDER BY row_number))[1:${FIRST_ROWS}],
         int4multirange(int4range(${p('expectedRow', 'int')}, ${p('nextRow', 'int')}))
  FROM all_errors GROUP BY error ORDER BY error
  ON CONFLICT (import_id, lane, error) DO UPDATE
  SET rows = g.rows + excluded.rows, first_rows = (g.first_rows || excluded.first_rows)[1:${FIRST_ROWS}],
      spans = g.spans + excluded.spans
),
position AS (
  INSERT INTO import_position (import_id, row_number, byte_offset, line)
  -- Two partitions may record the same place: inserts in one order wait for each other and do not deadlock.
  SELECT ${p('importId', 'int')}, row_number, byte_offset, line
  FROM (
    SELECT * FROM unnest(${p('markRowNumbers', 'int[]')}, ${p('markByteOffsets', 'bigint[]')}, ${p('markLines', 'bigint[]')})
    UNION ALL
    VALUES (${p('nextRow', 'int')}, ${p('nextByte', 'bigint')}, ${p('nextLine', 'bigint')})
  ) AS places (row_number, byte_offset, line)
  WHERE EXISTS (SELECT FROM fence)
  ORDER BY row_number
  ON CONFLICT DO NOTHING
),
-- A row counts once for each code that it has.
found_errors AS (
  SELECT error >> 8 AS code, count(DISTINCT row_number)::int AS rows FROM all_errors GROUP BY error >> 8
),
outcome AS MATERIALIZED (
  SELECT (SELECT count(*) FROM inserted)::int AS inserted,
         (SELECT count(*) FROM duplicate)::int AS duplicates,
         (SELECT count(*) FROM rejected)::int AS rejected
)
UPDATE import_lane l
SET next_row = ${p('nextRow', 'int')}, next_byte = ${p('nextByte', 'bigint')}, next_line = ${p('nextLine', 'bigint')},
    inserted = l.inserted + o.inserted, duplicates = l.duplicates + o.duplicates, rejected = l.rejected + o.rejected,
    error_counts = (
      SELECT array_agg(coalesce(l.error_counts[i], 0) + coalesce(f.rows, 0) ORDER BY i)
      FROM generate_series(1, ${ROW_ERROR_CODE_COUNT}) i LEFT JOIN found_errors f ON f.code = i
    ),
    column_count = greatest(l.column_count, ${p('columnCount', 'int')}), updated_at = clock_timestamp()
FROM fence, outcome o
WHERE l.import_id = fence.import_id AND l.lane = ${p('partition', 'int')}
RETURNING o.inserted, o.duplicates, o.rejected,
  ARRAY(SELECT code::int FROM found_errors ORDER BY code) AS "errorIndices",
  ARRAY(SELECT rows FROM found_errors ORDER BY code) AS "errorRows"`
}

/** Looks up customer, coupon and till of every row and says what was not found, or which rule speaks against it. */
function resolveRows(shape: BatchShape, p: Parameter): string {
  const input: [column: string, type: string, parameter: BatchParameter][] = [
    ['row_number', 'int[]', 'rowNumbers'],
    ['line', 'bigint[]', 'lines'],
    ['byte_offset', 'bigint[]', 'byteOffsets'],
    ['till_id', 'bigint[]', 'tills'],
    ['redeemed_ms', 'bigint[]', 'redeemedMs'],
    ...[...shape.customers, ...shape.coupons, ...shape.optional].map((key): [string, string, BatchParameter] => [
      COLUMNS[key].sqlColumn,
      COLUMNS[key].type === 'id' ? 'bigint[]' : 'text[]',
      key,
    ]),
  ]

  const foundCustomer = `coalesce(${shape.customers.map((key) => `cu_${COLUMNS[key].sqlColumn}.id`).join(', ')})`
  const coupon = (column: string) =>
    `coalesce(${shape.coupons.map((key) => `${COUPON_ALIAS[key]}.${column}`).join(', ')})`
  const customerLookups = shape.customers.map((key) => {
    const column = COLUMNS[key].sqlColumn
    return `LEFT JOIN LATERAL (
        SELECT c.id FROM customer c
        WHERE c.org_id = ${p('orgId', 'int')} AND c.${key === 'userId' ? 'id' : column} = u.${column} OFFSET 0
      ) cu_${column} ON true`
  })
  const couponLookups = shape.coupons.map((key) =>
    key === 'couponId'
      ? `LEFT JOIN LATERAL (
      SELECT CASE WHEN s.here THEN c.id END AS id, NOT s.here AS elsewhere, c.customer_id, c.revoked, c.expires_at
      FROM coupon c, LATERAL (SELECT c.series_id = ${p('seriesId', 'bigint')} AS here) s
      WHERE c.org_id = ${p('orgId', 'int')} AND c.id = i.coupon_id OFFSET 0
    ) cp_id ON true`
      : `LEFT JOIN LATERAL (
      SELECT c.id, c.customer_id, c.revoked, c.expires_at FROM coupon c
      WHERE c.org_id = ${p('orgId', 'int')} AND c.code_key = i.coupon_code AND c.series_id = ${p('seriesId', 'bigint')} OFFSET 0
    ) cp_code ON true`,
  )

  return `resolved AS MATERIALIZED (
  SELECT
    i.row_number, i.line, i.byte_offset, i.customer_id, i.coupon_id, i.till_id, i.redeemed_at,
    ${OPTIONAL_KEYS.map((key) => `i.${COLUMNS[key].sqlColumn}`).join(', ')}, i.errors,
    ${ruleErrorOf(shape)} AS rule_error,
    ${limitErrorsOf(shape)}
  FROM (
    SELECT
      i.row_number, i.line, i.byte_offset, to_timestamp(i.redeemed_ms / 1000.0::float8) AS redeemed_at,
      ${OPTIONAL_KEYS.map((key) => `${shape.optional.includes(key) ? 'i.' : 'NULL AS '}${COLUMNS[key].sqlColumn}`).join(', ')},
      ${shape.coupons.includes('couponId') ? 'i.coupon_id IS NOT NULL' : 'false'} AS by_coupon_id,
      i.found_customer_id AS customer_id, ${coupon('id')} AS coupon_id, t.id AS till_id,
      ${coupon('customer_id')} AS issued_to, ${coupon('revoked')} AS revoked, ${coupon('expires_at')} AS expires_at,
      CASE WHEN i.found_customer_id IS NULL OR ${coupon('id')} IS NULL OR t.id IS NULL THEN array_remove(ARRAY[
        CASE WHEN i.found_customer_id IS NULL THEN ${NOT_FOUND.customer(shape.customers)} END,
        CASE WHEN ${coupon('id')} IS NULL THEN ${NOT_FOUND.coupon(shape.coupons, p)} END,
        CASE WHEN t.id IS NULL THEN ${NOT_FOUND.till()} END
      ], NULL) END AS errors
    FROM (
      SELECT u.*, ${foundCustomer} AS found_customer_id
      FROM (
        SELECT *
        FROM (SELECT ${input.map(([column, type, parameter]) => `unnest(${p(parameter, type)}) AS ${column}`).join(', ')}) t
        ORDER BY ${shape.customers.map(orderOf).join(', ')}
      ) u
      ${customerLookups.join('\n      ')}
      ORDER BY ${shape.coupons.map(orderOf).join(', ')}
    ) i
    ${couponLookups.join('\n    ')}
    LEFT JOIN till t ON t.org_id = ${p('orgId', 'int')} AND t.id = i.till_id
    WHERE EXISTS (SELECT FROM fence)
  ) i
)`
}

/** In the order of the index that finds them, so that neighbours are found on the same pages. */
function orderOf(key: CustomerKey | CouponKey): string {
  const { type, sqlColumn } = describeColumn(key)
  return type === 'id' ? sqlColumn : `${sqlColumn} COLLATE "C"`
}

const COUPON_ALIAS = { couponId: 'cp_id', couponCode: 'cp_code' } as const
