import { codeOf, mobileOf, type DemoWorld } from './demo-world.ts'
import { planRow, type PlannedRow } from './plan-row.ts'
import type { RowKind } from './row-kinds.ts'

/** `uploadHeaders` for the file that {@link writeRedemptions} writes; its customers are MOBILE, its coupons COUPON_CODE. */
export const DEMO_COLUMNS = {
  redeemedDateInMillis: 0,
  redeemedAt: 1,
  mobile: 2,
  couponCode: 3,
  billId: 4,
  billNumber: 5,
  details: 6,
} as const

const HEADER = 'Redeemed on,Till,Mobile,Coupon,Bill,Bill number,Details\n'
const CHUNK_ROWS = 1_000
const NOBODYS_MOBILE = '49170999999999'
const NOBODYS_TILL = 999_999
const BEFORE_SERIES_MS = Date.UTC(2023, 5, 1)

/** What people note, with all that a CSV may hold: commas, quotes, line breaks, letters beyond ASCII. */
const NOTES = ['', '', '', '', '', '', 'Gift', 'Café, upstairs', 'said "thank you"', 'two\nlines', 'Grüße', '优惠券']

/** The CSV file, header included, in chunks of bytes: one row is Latin-1, which is what is wrong with it. */
export function* writeRedemptions(world: DemoWorld): Generator<Buffer> {
  let parts: Buffer[] = []
  let text = HEADER
  for (let index = 0; index < world.spec.rows; index += 1) {
    const row = planRow(world, index)
    if (row.kind === 'latin1') {
      parts.push(Buffer.from(text, 'utf8'), Buffer.from(writeRow(world, row, index), 'latin1'))
      text = ''
    } else {
      text += writeRow(world, row, index)
    }
    if ((index + 1) % CHUNK_ROWS === 0) {
      yield Buffer.concat([...parts, Buffer.from(text, 'utf8')])
      parts = []
      text = ''
    }
  }
  yield Buffer.concat([...parts, Buffer.from(text, 'utf8')])
}

function writeRow(world: DemoWorld, row: PlannedRow, index: number): string {
  const { kind, redeemedMs, customer, coupon, random } = row
  const bill = 1_000_000 + index
  const cells = {
    date: String(kind === 'beforeSeries' ? BEFORE_SERIES_MS : redeemedMs),
    till: String(row.till + 1),
    mobile: writeMobile(mobileOf(customer), random.below(20)),
    code: random.below(10) === 0 ? codeOf(world, coupon).toLowerCase() : codeOf(world, coupon),
    billId: String(bill),
    billNumber: `B-${bill}`,
    details: quote(NOTES[random.below(NOTES.length)] ?? ''),
  }
  const { date, till, mobile, code, billId, billNumber, details } = { ...cells, ...SPOILED[kind]?.(cells) }
  if (kind === 'cutShort') return `${date},${till},${mobile}\n`
  return `${date},${till},${mobile},${code},${billId},${billNumber},${details}\n`
}

interface Cells {
  date: string
  till: string
  mobile: string
  code: string
  billId: string
  billNumber: string
  details: string
}

/** What is wrong in the file itself. The other bad kinds are written well: their fault lies in the reference data. */
const SPOILED: Partial<Record<RowKind, (cells: Cells) => Partial<Cells>>> = {
  noTill: () => ({ till: '' }),
  dateInSeconds: ({ date }) => ({ date: date.slice(0, -3) }),
  dateInWords: () => ({ date: 'yesterday' }),
  tillInWords: () => ({ till: 'front desk' }),
  longBillNumber: () => ({ billNumber: 'B'.repeat(300) }),
  badQuote: () => ({ details: '"Gift" of the house' }),
  latin1: () => ({ details: 'Grüße aus Köln' }),
  unknownCustomer: () => ({ mobile: NOBODYS_MOBILE }),
  unknownTill: () => ({ till: String(NOBODYS_TILL) }),
  unknownCustomerAndTill: () => ({ mobile: NOBODYS_MOBILE, till: String(NOBODYS_TILL) }),
}

/** Most people type the digits, some what a telephone shows. */
function writeMobile(digits: string, style: number): string {
  if (style === 0) return `+${digits.slice(0, 2)} ${digits.slice(2, 5)} ${digits.slice(5)}`
  if (style === 1) return `00${digits}`
  if (style === 2) return `+${digits.slice(0, 2)} (${digits.slice(2, 5)}) ${digits.slice(5, 9)}-${digits.slice(9)}`
  return digits
}

function quote(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
