import { once } from 'node:events'
import { createWriteStream } from 'node:fs'

import type pg from 'pg'

/** A series with its reference data, and how a file of its redemptions is made. */
export interface World {
  readonly orgId: number
  readonly seriesId: number
  /** Its coupons are numbered from 0; every row of a file has one of its own. */
  readonly coupons: number
  /** how often each may be redeemed: once by default; null: without limit */
  readonly limit?: number | null
  /** half as many as coupons by default */
  readonly customers?: number
}

export interface FileOptions {
  /** by couponId and userId instead of couponCode and mobile */
  readonly byId?: boolean
  /** of a hundred rows, so many name a coupon, a customer or a till that there is not */
  readonly badPercent?: number
  /** the first coupon that the file uses, and how many from there: all of them by default, each once */
  readonly skip?: number
  readonly rows?: number
  /** How a redemption's time is written, from epoch ms; as epoch ms by default */
  readonly writeDate?: (ms: number) => string
}

const TILLS = 500
/** Coupons' ids are this far apart: between them lie those of the redemptions that are there before. */
export const COUPON_STRIDE = 11
const FROM_MS = Date.UTC(2024, 0, 1)
const SPAN_MS = 360 * 86_400_000
const CODE_FACTOR = 2_654_435_761
const CHUNK_ROWS = 5_000
/** Of two million rows none has the time of another. */
const TIME_STEP_MS = 15_013

export function countCustomers({ coupons, customers }: World): number {
  return customers ?? Math.max(1, Math.ceil(coupons / 2))
}

/**
 * Fills the reference tables with the data of these worlds and nothing else. Nothing may be importing meanwhile.
 * Texts of coupons and customers follow from their number alone, as in {@link writeFile}.
 */
export async function loadWorlds(
  sql: pg.Client,
  worlds: readonly World[],
  { gatherStatistics = true }: { readonly gatherStatistics?: boolean } = {},
): Promise<void> {
  await sql.query('TRUNCATE redemption, coupon_count, rejected_row, duplicate_row, coupon, customer, till, series')
  for (const world of worlds) {
    const { orgId, seriesId, coupons, limit = 1 } = world
    const customers = countCustomers(world)
    await sql.query(
      `INSERT INTO series (org_id, id, name, valid_from, valid_till, max_redemptions_per_coupon, single_use)
       VALUES ($1, $2, 'Benchmark', '2024-01-01', '2024-12-31', $3::int, coalesce($3::int = 1, false))`,
      [orgId, seriesId, limit],
    )
    await sql.query('INSERT INTO till (org_id, id) SELECT $1, id FROM generate_series(1, $2::int) id', [orgId, TILLS])
    await sql.query(
      `INSERT INTO customer (org_id, id, mobile)
       SELECT $1, id, '49151' || lpad((id - 1)::text, 8, '0') FROM generate_series(1, $2::bigint) id`,
      [orgId, customers],
    )
    await sql.query(
      `INSERT INTO coupon (org_id, id, series_id, code, code_key)
       SELECT $1, id, $2, code, lower(code)
       FROM (
         SELECT (n + 1) * ${COUPON_STRIDE} AS id,
                'C-' || lpad(upper(to_hex((n * ${CODE_FACTOR}) & 4294967295)), 8, '0') AS code
         FROM generate_series(0, $3::bigint - 1) n
       ) numbered`,
      [orgId, seriesId, coupons],
    )
  }
  if (gatherStatistics) await sql.query('VACUUM (ANALYZE) series, till, customer, coupon')
}

/** Writes a CSV without a header. Rows are in no order; gives how many of them are good. */
export async function writeFile(path: string, world: World, options: FileOptions = {}): Promise<{ good: number }> {
  const { byId = false, badPercent = 0, skip = 0, rows = world.coupons - skip, writeDate = String } = options
  const customers = countCustomers(world)
  const shuffle = createShuffle(rows)
  const output = createWriteStream(path)
  let good = 0
  let chunk = ''
  for (let i = 0; i < rows; i += 1) {
    const bits = mix(i + 1)
    const bad = bits % 100 < badPercent ? i % 3 : null
    if (bad === null) good += 1
    const coupon = bad === 0 ? world.coupons + i : skip + shuffle(i)
    const customer = bad === 1 ? customers + i : mix(bits) % customers
    const till = bad === 2 ? TILLS + 1 + (i % 100) : 1 + (mix(bits + 1) % TILLS)
    const time = FROM_MS + Math.floor((mix(bits + 2) / 2 ** 32) * SPAN_MS)
    chunk += `${writeDate(time)},${till},${byId ? customer + 1 : mobileOf(customer)},${byId ? couponIdOf(coupon) : codeOf(coupon)},${1_000_000 + i},B-${i},\n`
    if ((i + 1) % CHUNK_ROWS === 0 || i + 1 === rows) {
      if (!output.write(chunk)) await once(output, 'drain')
      chunk = ''
    }
  }
  output.end()
  await once(output, 'close')
  return { good }
}

/**
 * Writes the rows `from` and on of a series whose coupons are used many times: each row a redemption of its own, each coupon
 * as often as the others, in no order.
 */
export async function writeRepeatedFile(
  path: string,
  world: World,
  { from, rows }: { readonly from: number; readonly rows: number },
): Promise<void> {
  const customers = countCustomers(world)
  const shuffle = createShuffle(rows)
  const output = createWriteStream(path)
  let chunk = ''
  for (let i = 0; i < rows; i += 1) {
    const n = from + shuffle(i)
    const bits = mix(n + 1)
    const time = FROM_MS + ((n * TIME_STEP_MS) % SPAN_MS)
    chunk += `${time},${1 + (mix(bits + 1) % TILLS)},${mobileOf(mix(bits) % customers)},${codeOf(n % world.coupons)},${1_000_000 + n},B-${n},\n`
    if ((i + 1) % CHUNK_ROWS === 0 || i + 1 === rows) {
      if (!output.write(chunk)) await once(output, 'drain')
      chunk = ''
    }
  }
  output.end()
  await once(output, 'close')
}

/** A till that no world has: the one wrong value of every other row of {@link writeRejectedFile}. */
export const WRONG_TILL = 999_999

/** Writes a CSV of rows that are all rejected: every other one for the same wrong till, the others for a coupon of their own. */
export async function writeRejectedFile(path: string, world: World): Promise<void> {
  const customers = countCustomers(world)
  const output = createWriteStream(path)
  let chunk = ''
  for (let i = 0; i < world.coupons; i += 1) {
    const isTill = i % 2 === 0
    const time = FROM_MS + ((i * TIME_STEP_MS) % SPAN_MS)
    const till = isTill ? WRONG_TILL : 1 + (i % TILLS)
    chunk += `${time},${till},${mobileOf(i % customers)},${codeOf(isTill ? i : world.coupons + i)},${i},B-${i},\n`
    if ((i + 1) % CHUNK_ROWS === 0 || i + 1 === world.coupons) {
      if (!output.write(chunk)) await once(output, 'drain')
      chunk = ''
    }
  }
  output.end()
  await once(output, 'close')
}

/** Writes the world's coupons as reference data, in no order. */
export async function writeCouponsFile(path: string, { seriesId, coupons }: World): Promise<void> {
  const shuffle = createShuffle(coupons)
  const output = createWriteStream(path)
  output.write('id,seriesId,code,customerId,status,expiresAt\n')
  let chunk = ''
  for (let i = 0; i < coupons; i += 1) {
    const coupon = shuffle(i)
    chunk += `${couponIdOf(coupon)},${seriesId},${codeOf(coupon)},,ACTIVE,\n`
    if ((i + 1) % CHUNK_ROWS === 0 || i + 1 === coupons) {
      if (!output.write(chunk)) await once(output, 'drain')
      chunk = ''
    }
  }
  output.end()
  await once(output, 'close')
}

/** `uploadHeaders` of such a file. */
export function describeColumns(byId: boolean): string {
  const identifiers = byId ? { userId: 2, couponId: 3 } : { mobile: 2, couponCode: 3 }
  return JSON.stringify({
    redeemedDateInMillis: 0,
    redeemedAt: 1,
    ...identifiers,
    billId: 4,
    billNumber: 5,
    details: 6,
  })
}

function couponIdOf(coupon: number): number {
  return (coupon + 1) * COUPON_STRIDE
}

function codeOf(coupon: number): string {
  return `C-${(Math.imul(coupon, CODE_FACTOR) >>> 0).toString(16).toUpperCase().padStart(8, '0')}`
}

function mobileOf(customer: number): string {
  return `49151${String(customer).padStart(8, '0')}`
}

/** 32 bits in, 32 well-mixed bits out (the finalizer of MurmurHash3). */
function mix(bits: number): number {
  let mixed = bits | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** A permutation of 0 … size-1 that looks like chance: mixes the bits of a power of two, until it is below `size`. */
function createShuffle(size: number): (index: number) => number {
  const bits = Math.max(2, Math.ceil(Math.log2(size)))
  const mask = 2 ** bits - 1
  const half = bits >> 1
  const scramble = (value: number): number => {
    let mixed = value
    for (const factor of [0x2545f491, 0x1b873593]) {
      mixed = (mixed ^ (mixed >>> half)) & mask
      mixed = (Math.imul(mixed, factor) + 0x5bd1) & mask
    }
    return (mixed ^ (mixed >>> half)) & mask
  }
  return (index) => {
    let value = scramble(index)
    while (value >= size) value = scramble(value)
    return value
  }
}
