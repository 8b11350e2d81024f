import type { ColumnKey, ColumnMapping, CouponIdentifier, CustomerIdentifier, ReferenceKind } from '@importer/contracts'

import { generateCellRules } from './generate-dates.ts'
import { generateReference, writeReferenceCsv, writeTime, YEAR_BEGINS_MS, YEAR_ENDS_MS } from './generate-reference.ts'
import { RowPlanner, type PlannedRow } from './generate-rows.ts'
import { Random } from './random.ts'
import { updateReference, type Reference, type ReferenceRow } from './reference-data.ts'
import type { SourceRecord } from './reference-model.ts'
import { writeFile, type Dialect, type Flaw, type PlannedRecord } from './write-file.ts'

export interface CaseOptions {
  /** About how many data rows the file has; a case's prior file has a quarter of them. */
  readonly rows: number
  /** The present, for dates around "a day after the upload"; epoch ms. */
  readonly nowMs: number
  /** Whether records that cannot be read occur. */
  readonly hasUnreadable?: boolean
}

export interface GeneratedCase {
  readonly seed: number
  readonly seriesId: number
  readonly customerIdentifier: CustomerIdentifier
  readonly couponIdentifier: CouponIdentifier
  readonly mapping: ColumnMapping
  /** The mapping as a client writes it: strict JSON, single quotes or bare keys. */
  readonly uploadHeaders: string
  /** How cells are to be read, as fields of the upload. */
  readonly rules: Readonly<Record<string, string>>
  /** Bodies of `PUT /v1/reference/{kind}` before anything is uploaded, in the order in which they refer to each other. */
  readonly reference: Readonly<Record<ReferenceKind, string>>
  /** The same as rows: what the model takes for the prior file. */
  readonly referenceRows: Reference
  /** Bodies of further `PUT`s between the prior file and the file; often none. */
  readonly laterReference: Readonly<Partial<Record<ReferenceKind, string>>>
  /** All reference data after that: what the model takes for the file. */
  readonly laterReferenceRows: Reference
  readonly priorFile: Buffer | null
  readonly priorRecords: readonly SourceRecord[]
  readonly file: Buffer
  /** Every record of the file but blank lines, a header record included. */
  readonly records: readonly SourceRecord[]
  readonly dialect: Dialect
}

const CUSTOMER_KEYS = { MOBILE: 'mobile', EXTERNAL_ID: 'externalId', EMAIL: 'email', USER_ID: 'userId' } as const
const COUPON_KEYS = { COUPON_ID: 'couponId', COUPON_CODE: 'couponCode' } as const
const FLAWS: readonly Flaw[] = ['unclosed', 'textAfterQuote', 'brokenLines', 'encoding', 'encodingInLines', 'nul']
/** So many records at a file's beginning hold no other delimiter and no wrong bytes: detection has to go by something. */
const CLEAR_RECORDS = 5

/** Makes a whole case. The same seed and options make the same case; eight seeds in a row have all pairs of identifiers. */
export function generateCase(seed: number, options: CaseOptions): GeneratedCase {
  const random = new Random(seed)
  const customerIdentifier = (['MOBILE', 'EXTERNAL_ID', 'EMAIL', 'USER_ID'] as const)[seed % 4] ?? 'MOBILE'
  const couponIdentifier = (['COUPON_ID', 'COUPON_CODE'] as const)[Math.floor(seed / 4) % 2] ?? 'COUPON_ID'
  const { mapping: columns, width } = generateMapping(random, customerIdentifier, couponIdentifier)
  const rules = generateCellRules(new Random(seed * 7_919))
  const mapping = { ...columns, ...rules }
  const world = generateReference(random, seed % 100_000, options.rows, CUSTOMER_KEYS[customerIdentifier])
  const planner = new RowPlanner(random, world, mapping, options.nowMs)
  const composer = new FileComposer(random, planner, mapping, width, options.hasUnreadable ?? true)

  const priorRows = Math.ceil(options.rows / 4)
  const prior = random.chance(0.8) ? composer.compose(priorRows, random.whole(0, 11)) : null
  const later = prior !== null && random.chance(0.5) ? changeReference(random, world.reference, world.seriesId) : {}
  const main = composer.compose(options.rows, seed)
  const writeCsv = (rows: readonly ReferenceRow[]): string => writeReferenceCsv(random, rows)
  const { series, customers, tills, coupons } = world.reference
  return {
    seed,
    seriesId: world.seriesId,
    customerIdentifier,
    couponIdentifier,
    mapping,
    uploadHeaders: writeUploadHeaders(random, mapping),
    rules: Object.fromEntries(Object.entries(rules)) as Readonly<Record<string, string>>,
    reference: {
      series: writeCsv(series),
      customers: writeCsv(customers),
      tills: writeCsv(tills),
      coupons: writeCsv(coupons),
    },
    referenceRows: world.reference,
    laterReference: Object.fromEntries(Object.entries(later).map(([kind, rows]) => [kind, writeCsv(rows)])),
    laterReferenceRows: updateReference(world.reference, later),
    priorFile: prior?.file ?? null,
    priorRecords: prior?.records ?? [],
    file: main.file,
    records: main.records,
    dialect: main.dialect,
  }
}

function generateMapping(
  random: Random,
  customerIdentifier: CustomerIdentifier,
  couponIdentifier: CouponIdentifier,
): { mapping: ColumnMapping; width: number } {
  const mandatory: ColumnKey[] = [
    'redeemedDateInMillis',
    'redeemedAt',
    CUSTOMER_KEYS[customerIdentifier],
    COUPON_KEYS[couponIdentifier],
  ]
  const all: ColumnKey[] = [
    ...(['userId', 'mobile', 'email', 'externalId', 'couponId', 'couponCode'] as const),
    ...(['billId', 'billNumber', 'details'] as const),
  ]
  const optionalRate = random.pick([0, 0.5, 0.5, 1])
  const keys = [...mandatory, ...all.filter((key) => !mandatory.includes(key) && random.chance(optionalRate))]
  const width = keys.length + random.pick([0, 0, 1, 3])
  const positions = random.shuffle(Array.from({ length: width }, (_, position) => position))
  return {
    mapping: {
      customerIdentifier,
      couponIdentifier,
      positions: Object.fromEntries(keys.map((key, n) => [key, positions[n]])),
    },
    width,
  }
}

function writeUploadHeaders(random: Random, mapping: ColumnMapping): string {
  const strict = JSON.stringify(mapping.positions)
  return random.pick([strict, strict.replaceAll('"', "'"), strict.replaceAll('"', '')])
}

/** What happens to reference data between two uploads. Only some columns are sent. */
function changeReference(random: Random, before: Reference, seriesId: number): Partial<Reference> {
  const coupons = before.coupons
    .filter(() => random.chance(0.25))
    .map(({ id = '', seriesId: series = '', code = '' }) => ({
      id,
      seriesId: series,
      code,
      status: random.pick(['REVOKED', '']),
      expiresAt: random.chance(0.5) ? writeTime(random, random.whole(YEAR_BEGINS_MS, YEAR_ENDS_MS)) : '',
    }))
  const limit = { maxRedemptionsPerCoupon: random.pick(['', '1', '2']) }
  const own = before.series.find((each) => each['id'] === String(seriesId))
  const series = [{ id: String(seriesId), ...(own?.['name'] === undefined ? {} : { name: own['name'] }), ...limit }]
  return { ...(random.chance(0.5) ? { series } : {}), ...(coupons.length > 0 ? { coupons } : {}) }
}

/** Lays planned rows out as the records of one file after another, each in a dialect of its own. */
class FileComposer {
  private readonly random: Random
  private readonly planner: RowPlanner
  private readonly mapping: ColumnMapping
  private readonly width: number
  private readonly hasUnreadable: boolean

  constructor(random: Random, planner: RowPlanner, mapping: ColumnMapping, width: number, hasUnreadable: boolean) {
    this.random = random
    this.planner = planner
    this.mapping = mapping
    this.width = width
    this.hasUnreadable = hasUnreadable
  }

  /** Twelve values of `caseNumber` in a row have all pairs of delimiter and line end. */
  compose(rows: number, caseNumber: number): { file: Buffer; records: SourceRecord[]; dialect: Dialect } {
    const { random } = this
    const dialect: Dialect = {
      delimiter: ([',', ';', '\t', '|'] as const)[Math.floor(caseNumber / 3) % 4] ?? ',',
      lineEnd: (['\n', '\r\n', '\r'] as const)[caseNumber % 3] ?? '\n',
      hasByteOrderMark: random.chance(0.3),
      endsWithLineEnd: random.chance(0.7),
      quoteRate: random.pick([0, 0.05, 0.3, 1]),
    }
    const tooLongAt = this.hasUnreadable && random.chance(0.06) ? random.whole(CLEAR_RECORDS, rows) : -1
    const planned: PlannedRecord[] = random.chance(0.6) ? [plain(this.makeHeader(dialect))] : []
    for (let n = 0; n < rows; n++) {
      const isClear = n < CLEAR_RECORDS
      const row = this.planner.planRow(this.pickInnerLineEnd(dialect))
      if (isClear) for (const key of ['billId', 'billNumber', 'details'] as const) delete row[key]
      // Without a header, two words in the first record's date and till make it one all the same.
      if (planned.length === 0 && random.chance(0.1))
        Object.assign(row, { redeemedDateInMillis: 'soon', redeemedAt: 'shop' })
      const cells = this.makeCells(row, isClear)
      const flaw = n === tooLongAt ? 'tooLong' : this.pickFlaw(isClear)
      planned.push({ cells, flaw, blankBefore: random.chance(0.03) ? random.pick(['', '', '   ']) : null })
    }
    return { ...writeFile(random, dialect, planned), dialect }
  }

  /** Spreadsheets write LF within the cells of a CRLF file. */
  private pickInnerLineEnd({ lineEnd }: Dialect): string {
    return lineEnd === '\r\n' ? this.random.pick(['\r\n', '\n']) : lineEnd
  }

  private pickFlaw(isClear: boolean): Flaw | null {
    if (!this.hasUnreadable || !this.random.chance(isClear ? 0.01 : 0.04)) return null
    return this.random.pick(isClear ? FLAWS.slice(0, 3) : FLAWS)
  }

  private makeHeader({ lineEnd, delimiter }: Dialect): string[] {
    const { random } = this
    const names = Array.from({ length: this.width }, (_, n) => random.pick([`extra ${n}`, '', '-']))
    for (const [key, position] of Object.entries(this.mapping.positions))
      names[position] = random.pick([key, ` ${key} `])
    const { redeemedDateInMillis: date = 0, redeemedAt: till = 0 } = this.mapping.positions
    names[date] = random.pick(['redeemed date in millis', 'redeemedDateInMillis', '"date"', `redeemed${lineEnd}date`])
    names[till] = random.pick(['redeemed at', 'Till', `Filiale${delimiter} Straße`])
    // With a digit, or without a name, it is no header but a data row like any other.
    if (random.chance(0.06)) names[date] = 'date 1'
    if (random.chance(0.04)) names[till] = ' '
    return names
  }

  private makeCells(row: PlannedRow, isClear: boolean): string[] {
    const { random } = this
    const fillers = ['', 'x', 'n/a', '17', 'a "b"', 'with, comma', '"', '2021-03-01']
    const cells = Array.from({ length: this.width }, () => (isClear ? 'x' : random.pick(fillers)))
    for (const [key, position] of Object.entries(this.mapping.positions)) {
      cells[position] = this.pad(row[key as ColumnKey] ?? '')
    }
    if (isClear) return cells
    if (random.chance(0.02)) return cells.slice(0, random.whole(1, cells.length))
    if (random.chance(0.02)) return [...cells, 'surplus', '']
    if (random.chance(0.01)) return cells.map(() => '')
    if (random.chance(0.4)) return this.dropTrailing(cells)
    return cells
  }

  private pad(cell: string): string {
    const { random } = this
    if (!random.chance(0.06)) return cell
    // Whether a formula after spaces is one is left open, so none stands there.
    return (/^[=+\-@'"]/.test(cell) ? '' : ' '.repeat(random.whole(0, 2))) + cell + ' '.repeat(random.whole(0, 2))
  }

  /** Leaves out what a file may leave out at the end: columns that are not mandatory and hold nothing. */
  private dropTrailing(cells: readonly string[]): string[] {
    const { positions, customerIdentifier, couponIdentifier } = this.mapping
    const { redeemedDateInMillis = 0, redeemedAt = 0 } = positions
    const customer = positions[CUSTOMER_KEYS[customerIdentifier]] ?? 0
    const coupon = positions[COUPON_KEYS[couponIdentifier]] ?? 0
    const needed = Math.max(redeemedDateInMillis, redeemedAt, customer, coupon) + 1
    const kept = [...cells]
    while (kept.length > needed && kept.at(-1)?.trim() === '') kept.pop()
    return kept
  }
}

function plain(cells: readonly string[]): PlannedRecord {
  return { cells, flaw: null, blankBefore: null }
}
