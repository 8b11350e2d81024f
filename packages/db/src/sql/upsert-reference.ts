import { REFERENCE_TABLES } from '../reference/reference-tables.ts'
import type { ReferenceKind } from '@importer/contracts'

import { IN_IDENTITY_KEY, NOT_IN_IDENTITY_KEY } from './redemption-columns.ts'

/**
 * One batch of reference data: rows that are new are made, those that differ are changed in the given columns only, and
 * those that are as they are to be are read and not written, so that loading the same data again costs little.
 * Parameters: org id, ids, one array per column in the given order (of bigint, or of text), then the normalized codes if
 * `code` is among them. An id may occur once in a batch. Gives {inserted, updated}; a coupon that has redemptions is not
 * moved to another series, and counts as neither (see {@link findUnmovedText}).
 *
 * Plan: what is stored is found by the primary key, in its order, whatever the statistics say (LATERAL with a LIMIT).
 *
 * Locks: rows are written in the order of their id, so that two loads of the same data wait for each other and do not
 * deadlock.
 */
export function upsertReferenceText(kind: ReferenceKind, columns: readonly string[]): string {
  const { table, derived } = REFERENCE_TABLES[kind]
  const input = inputOf(kind, columns)
  const chosen = derived.filter(({ from }) => columns.includes(from))
  const stored = input.filter(({ column }) => !chosen.some((d) => d.column === column)).map(({ column }) => column)
  const names = ['org_id', 'id', ...stored, ...chosen.map(({ column }) => column)]
  const values = ['$1::int', 'i.id', ...stored.map((column) => `i.${column}`), ...chosen.map(({ insert }) => insert)]
  const changes = [
    ...stored.map((column) => `${column} = excluded.${column}`),
    ...chosen.map(({ column, update }) => `${column} = ${update}`),
  ]
  return `
WITH written AS (
  INSERT INTO ${table} (${names.join(', ')})
  SELECT ${values.join(', ')}
  FROM (SELECT * FROM ${unnestInput(input)} ORDER BY id) i
  LEFT JOIN LATERAL (
    SELECT true AS unchanged FROM ${table} t
    WHERE ${['t.org_id = $1::int', 't.id = i.id', ...equalities(input)].join(' AND ')} LIMIT 1
  ) s ON true
  WHERE s.unchanged IS NULL
  ORDER BY i.id
  ON CONFLICT (org_id, id) DO UPDATE SET ${changes.length > 0 ? changes.join(', ') : 'id = excluded.id'}
  ${movesCoupons(kind, columns) ? `WHERE ${mayMove('excluded')}` : ''}
  RETURNING xmax = 0 AS fresh
)
SELECT (count(*) FILTER (WHERE fresh))::int AS inserted, (count(*) FILTER (WHERE NOT fresh))::int AS updated FROM written`
}

/**
 * For a CSV without a column that a new row needs: changes what is there and differs. Gives the ids of what is there and
 * now as it is to be, as text, and how many of them that changed.
 */
export function updateReferenceText(kind: ReferenceKind, columns: readonly string[]): string {
  const { table, derived } = REFERENCE_TABLES[kind]
  const input = inputOf(kind, columns)
  const chosen = derived.filter(({ from }) => columns.includes(from))
  const changes = input
    .filter(({ column }) => !chosen.some((d) => d.column === column))
    .map(({ column }) => `${column} = i.${column}`)
    .concat(chosen.map(({ column, update }) => `${column} = ${update.replaceAll('excluded.', 'i.')}`))
  return `
WITH found AS MATERIALIZED (
  SELECT i.*, s.differs FROM (SELECT * FROM ${unnestInput(input)} ORDER BY id) i
  JOIN LATERAL (
    SELECT NOT (${['true', ...equalities(input)].join(' AND ')}) AS differs FROM ${table} t
    WHERE t.org_id = $1::int AND t.id = i.id LIMIT 1
  ) s ON true
),
differing AS (
  SELECT f.* FROM found f JOIN ${table} t ON t.org_id = $1::int AND t.id = f.id
  WHERE f.differs ORDER BY f.id FOR UPDATE OF t
),
changed AS (
  UPDATE ${table} SET ${changes.length > 0 ? changes.join(', ') : 'id = i.id'}
  FROM differing i WHERE ${table}.org_id = $1::int AND ${table}.id = i.id
    ${movesCoupons(kind, columns) ? `AND (${mayMove('i')})` : ''}
  RETURNING ${table}.id
)
SELECT coalesce(array_agg(f.id::text), '{}') AS ids, (count(*) FILTER (WHERE f.differs))::int AS updated
FROM found f WHERE NOT f.differs OR f.id IN (SELECT id FROM changed)`
}

/** Whether a load with these columns could move coupons to another series. */
export function movesCoupons(kind: ReferenceKind, columns: readonly string[]): boolean {
  return kind === 'coupons' && columns.includes('seriesId')
}

/**
 * Redemptions stand under their coupon's series: its rules and its reports. Only for a move, one entry of each of their two
 * indexes is looked for, in its order: EXISTS, or no order, would leave it to statistics whether the table is read.
 */
function mayMove(input: string): string {
  const ofCoupon = 'r.coupon_id = coupon.id AND r.org_id = coupon.org_id'
  return `coupon.series_id = ${input}.series_id
    OR (SELECT true FROM redemption r WHERE ${ofCoupon} AND ${NOT_IN_IDENTITY_KEY}) IS NULL
      AND (SELECT true FROM redemption r WHERE ${ofCoupon} AND ${IN_IDENTITY_KEY}
           ORDER BY r.redeemed_at, r.customer_id, r.till_id LIMIT 1) IS NULL`
}

/** After a load: ids of coupons that are still in another series than theirs. Parameters: org id, ids, series ids. */
export function findUnmovedText(): string {
  return `
SELECT i.id FROM (SELECT unnest($2::bigint[]) AS id, unnest($3::bigint[]) AS series_id) i
JOIN coupon t ON t.org_id = $1::int AND t.id = i.id AND t.series_id <> i.series_id`
}

/**
 * Which of these values another row of the organization has already. Parameters: org id, ids, one array per
 * column of the key. Gives the ids of the rows that would clash.
 */
export function findClashesText(kind: ReferenceKind, key: readonly string[]): string {
  const { table } = REFERENCE_TABLES[kind]
  const input = inputOf(kind, key)
  const equal = input
    .filter(({ column }) => !(kind === 'coupons' && column === 'code'))
    .map(({ column }) => `t.${column} = i.${column}`)
  return `
SELECT i.id FROM ${unnestInput(input)}
WHERE EXISTS (SELECT FROM ${table} t WHERE t.org_id = $1::int AND ${equal.join(' AND ')} AND t.id <> i.id)`
}

/** That a stored row `t` has what the input `i` says; a time counts to the millisecond, as it is stored. */
function equalities(input: readonly { column: string; type: string }[]): string[] {
  return input.map(({ column, type }) =>
    type === 'timestamptz'
      ? `t.${column} IS NOT DISTINCT FROM i.${column}::timestamptz(3)`
      : `t.${column} IS NOT DISTINCT FROM i.${column}`,
  )
}

function inputOf(kind: ReferenceKind, columns: readonly string[]): { column: string; type: string }[] {
  const known = REFERENCE_TABLES[kind].columns
  const input = columns.map((name) => {
    const column = known[name]
    if (column === undefined) throw new Error(`${kind} have no column ${name}`)
    return { column: column.column, type: column.type }
  })
  return kind === 'coupons' && columns.includes('code') ? [...input, { column: 'code_key', type: 'text' }] : input
}

function unnestInput(input: readonly { column: string; type: string }[]): string {
  const columns = input.map(({ column, type }, index) =>
    type === 'bigint'
      ? `unnest($${index + 3}::bigint[]) AS ${column}`
      : `unnest($${index + 3}::text[])::${type} AS ${column}`,
  )
  return `(SELECT ${['unnest($2::bigint[]) AS id', ...columns].join(', ')}) i`
}
