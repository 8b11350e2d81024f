import type { Random } from './random.ts'
import type { Reference, ReferenceRow } from './reference-data.ts'

/** The whole of 2021 is when things happen in a case. */
export const YEAR_BEGINS_MS = Date.UTC(2021, 0, 1)
export const YEAR_ENDS_MS = Date.UTC(2022, 0, 1) - 1
export const DAY_MS = 86_400_000

export interface World {
  /** In every id, code, mobile and e-mail of the case, so that cases of different seeds can share an organization. */
  readonly tag: number
  readonly seriesId: number
  readonly reference: Reference
}

type MutableRow = Record<string, string>

/** Makes reference data for about `rows` data rows; the customers' column of that name is never left out. */
export function generateReference(random: Random, tag: number, rows: number, customerColumn: string): World {
  const idBase = (tag + 1) * 1_000_000
  const seriesId = idBase + 7
  const otherSeriesIds = [idBase + 8, idBase + 9]
  const customers = generateCustomers(random, tag, idBase, Math.max(8, Math.ceil(rows / 4)))
  const coupons = generateCoupons(random, tag, idBase, {
    count: Math.max(12, rows),
    seriesId,
    otherSeriesIds,
    customerIds: customers.map((customer) => customer['id'] ?? ''),
  })
  const tills = Array.from({ length: 12 }, (_, n) => ({ id: String(idBase + 400 + n), name: `Till ${n}, "front"` }))
  return {
    tag,
    seriesId,
    reference: {
      series: dropColumns(random, generateSeries(random, seriesId, otherSeriesIds), [
        'name',
        'maxRedemptionsPerCoupon',
        'validFrom',
        'validTill',
      ]),
      customers: dropColumns(
        random,
        customers,
        ['mobile', 'email', 'externalId'].filter((column) => column !== customerColumn),
        0.08,
      ),
      tills: dropColumns(random, tills, ['name']),
      coupons: dropColumns(random, coupons, ['customerId', 'status', 'expiresAt'], 0.08),
    },
  }
}

function generateSeries(random: Random, seriesId: number, otherSeriesIds: readonly number[]): MutableRow[] {
  return [seriesId, ...otherSeriesIds].map((id, n) => ({
    id: String(id),
    name: n === 0 ? 'Spring; "sale", 2021' : '',
    maxRedemptionsPerCoupon: random.pick(['1', '1', '2', '3', '']),
    validFrom: random.chance(0.6) ? writeTime(random, YEAR_BEGINS_MS + random.whole(5, 30) * DAY_MS) : '',
    validTill: random.chance(0.6) ? writeTime(random, YEAR_ENDS_MS - random.whole(5, 30) * DAY_MS) : '',
  }))
}

/** Leaves whole columns out of a table, each with fair probability. */
function dropColumns(
  random: Random,
  rows: readonly MutableRow[],
  optional: readonly string[],
  probability = 0.2,
): MutableRow[] {
  const dropped = new Set(optional.filter(() => random.chance(probability)))
  return rows.map((row) => Object.fromEntries(Object.entries(row).filter(([column]) => !dropped.has(column))))
}

function generateCustomers(random: Random, tag: number, idBase: number, count: number): MutableRow[] {
  const customers = Array.from({ length: count }, (_, n): MutableRow => {
    const digits = `919${String(tag).padStart(5, '0')}${String(n).padStart(4, '0')}`
    return {
      id: String(idBase + 2000 + n),
      mobile: random.chance(0.9) ? writeMobile(random, digits) : '',
      email: random.chance(0.9) ? `${random.pick(['Jo.Doe', 'ana', 'ÉLISE', 'x+y'])}.${n}@Shop${tag}.Example` : '',
      externalId: random.chance(0.9) ? `${random.pick(['EXT-', 'crm ', '@ref', '+E', '00'])}${tag}-a${n}` : '',
    }
  })
  const first = customers[0]
  // One customer whose external id is that of another but for the case, and one with nothing but the largest id.
  if (first) customers.push({ id: String(idBase + 1998), mobile: '', email: '', externalId: `ext-Case-${tag}` })
  if (first) first['externalId'] = `EXT-case-${tag}`
  customers.push({ id: String(Number.MAX_SAFE_INTEGER - tag), mobile: '', email: '', externalId: '' })
  return customers
}

interface CouponPlan {
  readonly count: number
  readonly seriesId: number
  readonly otherSeriesIds: readonly number[]
  readonly customerIds: readonly string[]
}

function generateCoupons(random: Random, tag: number, idBase: number, plan: CouponPlan): MutableRow[] {
  const coupons: MutableRow[] = []
  const add = (seriesId: number, code: string): void => {
    const isDifficult = random.chance(0.45)
    coupons.push({
      id: String(idBase + 5000 + coupons.length),
      seriesId: String(seriesId),
      code,
      customerId: isDifficult && random.chance(0.4) ? random.pick(plan.customerIds) : '',
      status: isDifficult && random.chance(0.25) ? 'REVOKED' : random.pick(['ACTIVE', '']),
      expiresAt: isDifficult && random.chance(0.5) ? writeTime(random, random.whole(YEAR_BEGINS_MS, YEAR_ENDS_MS)) : '',
    })
  }
  for (let n = 0; n < plan.count; n++) add(plan.seriesId, generateCode(random, tag, n))
  const ofSeries = coupons.map((coupon) => coupon['code'] ?? '')
  const [one, other] = plan.otherSeriesIds
  if (one === undefined || other === undefined) throw new Error('a case needs two other series')
  for (let n = 0; n < Math.ceil(plan.count / 10); n++) {
    // The same code in the series and in another; a code only in another, or in both others.
    const shared = ofSeries[n] ?? ''
    add(one, random.chance(0.5) ? shared : shared.toLowerCase())
    const elsewhere = `ELSEWHERE-${tag}-${n}`
    add(one, elsewhere)
    if (random.chance(0.3)) add(other, elsewhere.toLowerCase())
  }
  // A code that is the id of another coupon, and the largest id there is.
  add(plan.seriesId, String(idBase + 5001))
  const largest = { ...coupons[0], id: String(Number.MAX_SAFE_INTEGER - tag), code: `LARGEST-${tag}` }
  return [...coupons, { ...largest, customerId: '', status: '', expiresAt: '' }]
}

/** A coupon code that is unique without case by its number. */
function generateCode(random: Random, tag: number, n: number): string {
  const code = `${random.pick(['SAVE', 'save', 'Été', 'ÜBER-', '00', '@x', '-y', 'S A ', 'x"y', "o'n"])}${tag}-${n}`
  return random.chance(0.1) ? `${code}z`.toUpperCase() : code
}

/** A time as reference data may have it: ISO 8601 with and without an offset's hours, a date alone, epoch ms. */
export function writeTime(random: Random, ms: number): string {
  const iso = new Date(ms).toISOString()
  return random.pick([
    String(ms),
    iso,
    iso.replace(/\.[0-9]+Z$/, 'Z'),
    new Date(ms + 19_800_000).toISOString().replace('Z', '+05:30'),
    iso.slice(0, 10),
    iso.slice(0, 10),
  ])
}

/** One of the ways in which people write a mobile number; `digits` are those with the country's code. */
export function writeMobile(random: Random, digits: string): string {
  const country = digits.slice(0, 2)
  const rest = digits.slice(2)
  return random.pick([
    digits,
    digits,
    `+${digits}`,
    `00${digits}`,
    `+${country} ${rest.slice(0, 5)} ${rest.slice(5)}`,
    `+${country}-${rest.slice(0, 5)}-${rest.slice(5)}`,
    `00 ${country} (${rest.slice(0, 3)}) ${rest.slice(3)}`,
    `(+${country}) ${rest}`,
    `(${country})${rest.slice(0, 4)} [${rest.slice(4)}]`,
  ])
}

/** The same as people write it in the country itself. */
export function writeNationalMobile(random: Random, digits: string): string {
  const rest = digits.slice(2)
  return random.pick([
    rest,
    rest,
    `0${rest}`,
    `${rest.slice(0, 5)} ${rest.slice(5)}`,
    `(0)${rest.slice(0, 5)}-${rest.slice(5)}`,
  ])
}

/** The body of a `PUT`: the columns that the first row has. Some columns come in another order. */
export function writeReferenceCsv(random: Random, rows: readonly ReferenceRow[]): string {
  const columns = random.shuffle(Object.keys(rows[0] ?? {}))
  const lines = rows.map((row) => columns.map((column) => quoteIfNeeded(row[column] ?? '')).join(','))
  return [columns.join(','), ...lines, ''].join('\n')
}

function quoteIfNeeded(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
