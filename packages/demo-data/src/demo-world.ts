export interface DemoSpec {
  /** the same seed, rows and run give the same bytes */
  readonly seed: number
  /** data rows of the file, 1 to 10,000,000 */
  readonly rows: number
  /** from 1: every run has a series and coupons of its own, so that its file is imported and not found to be known */
  readonly run: number
}

/** What the reference data and the file of one run have in common. */
export interface DemoWorld {
  readonly spec: DemoSpec
  readonly seriesId: number
  /** Some coupons belong to this one, and are not accepted for the first. */
  readonly otherSeriesId: number
  readonly customers: number
  readonly tills: number
  /** the id of coupon 0; the others follow */
  readonly firstCouponId: number
  /** Redemptions lie between these, as does the series' validity. Epoch milliseconds. */
  readonly fromMs: number
  readonly tillMs: number
}

const MAX_ROWS = 10_000_000
const ROWS_PER_CUSTOMER = 2
const TILLS = 500
const FIRST_SERIES_ID = 1_000

/** Throws a RangeError for a number of rows or a run that there cannot be. */
export function describeDemo(spec: DemoSpec): DemoWorld {
  if (!Number.isInteger(spec.rows) || spec.rows < 1 || spec.rows > MAX_ROWS) {
    throw new RangeError(`${spec.rows} rows are not possible; expected a whole number from 1 to ${MAX_ROWS}`)
  }
  if (!Number.isInteger(spec.run) || spec.run < 1 || spec.run > 100_000) {
    throw new RangeError(`run ${spec.run} is not possible; expected a whole number from 1 to 100000`)
  }
  return {
    spec,
    seriesId: FIRST_SERIES_ID + 2 * spec.run,
    otherSeriesId: FIRST_SERIES_ID + 2 * spec.run + 1,
    // The same ones in every run, as far as they reach: customers and tills stay, coupons are new.
    customers: Math.max(2, Math.ceil(spec.rows / ROWS_PER_CUSTOMER)),
    tills: TILLS,
    firstCouponId: spec.run * MAX_ROWS,
    fromMs: Date.UTC(2024, 0, 1),
    tillMs: Date.UTC(2024, 11, 31),
  }
}

/** Customers are numbered from 0; their ids from 1. */
export function mobileOf(customer: number): string {
  return `49151${String(20_000_000 + customer).padStart(8, '0')}`
}

const CODE_ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'
const CODE_CHARACTERS = 6
const CODE_BITS = 30

/** Looks drawn by lot, and is different for every coupon of every run: an odd factor moves no two numbers to one. */
export function codeOf(world: DemoWorld, coupon: number): string {
  let bits = (Math.imul(coupon, 0x2545f491) + 0x1d872b41) & (2 ** CODE_BITS - 1)
  let code = ''
  for (let i = 0; i < CODE_CHARACTERS; i += 1) {
    code += CODE_ALPHABET[bits & 31]
    bits >>>= 5
  }
  return `D${world.spec.run}-${code}`
}
