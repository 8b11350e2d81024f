import type { ColumnKey, ColumnMapping } from '@importer/contracts'

import { writeDate, writeDifficultDate } from './generate-dates.ts'
import {
  DAY_MS,
  writeMobile,
  writeNationalMobile,
  YEAR_BEGINS_MS,
  YEAR_ENDS_MS,
  type World,
} from './generate-reference.ts'
import type { Random } from './random.ts'
import type { ReferenceRow } from './reference-data.ts'

/** Cells by column key. What is absent here is an empty cell. */
export type PlannedRow = Partial<Record<ColumnKey, string>>

/** Who used which coupon where and when: what a row says, however it says it. */
interface Deed {
  readonly coupon: ReferenceRow
  readonly customer: ReferenceRow
  readonly till: ReferenceRow
  readonly atMs: number
}

const TOO_BIG = ['9007199254740993', '9223372036854775807', '9223372036854775808', '123456789012345678901234567890']
const NO_NUMBERS = ['abc', '12a', '-5', '1.0', '1e3', "'-7", '1 2', '0x10', '+12', '１０']
const NO_DATES = ['soon', '2021-03-01', '1614556800000.5', '1.6145568E12', '1614556800000ms', '1614 556800000', "'1614"]
const NOTES = [
  'gift',
  'paid in cash, no receipt',
  'a;b|c',
  'tab\there',
  'she said "yes"',
  '5" pipe',
  '"quoted"',
  '=1+1',
  "'=1+1",
  "'5 left",
  "a;'=1+1",
  "'plain",
  '@home',
  '-',
  'Straße 数 🎟️',
  'line\u2028separator',
  'inner\uFEFFmark',
]

/** Makes data rows of a case, file after file: later ones repeat and compete with what earlier ones did. */
export class RowPlanner {
  private readonly random: Random
  private readonly world: World
  private readonly mapping: ColumnMapping
  private readonly nowMs: number
  private readonly deeds: Deed[] = []
  private readonly ofSeries: readonly ReferenceRow[]
  private readonly ofOthers: readonly ReferenceRow[]

  constructor(random: Random, world: World, mapping: ColumnMapping, nowMs: number) {
    this.random = random
    this.world = world
    this.mapping = mapping
    this.nowMs = nowMs
    const isOurs = (coupon: ReferenceRow): boolean => coupon['seriesId'] === String(world.seriesId)
    this.ofSeries = world.reference.coupons.filter(isOurs)
    this.ofOthers = world.reference.coupons.filter((coupon) => !isOurs(coupon))
  }

  /** `lineEnd` is what a cell with a line break in it holds. */
  planRow(lineEnd: string): PlannedRow {
    const deed = this.planDeed()
    this.deeds.push(deed)
    const row: PlannedRow = {
      redeemedDateInMillis: writeDate(this.random, this.mapping, deed.atMs),
      redeemedAt: this.writeId(deed.till),
      ...this.writeCustomer(deed.customer),
      ...this.writeCoupon(deed.coupon),
    }
    for (const key of ['billId', 'billNumber', 'details'] as const) {
      if (this.random.chance(0.4)) row[key] = this.random.pick([...NOTES, `two${lineEnd}lines, "both"`, 'B-1', '0042'])
    }
    const faults = this.random.pickWeighted([
      [66, 0],
      [22, 1],
      [8, 2],
      [4, 4],
    ])
    for (let n = 0; n < faults; n++) this.spoil(row)
    return row
  }

  private planDeed(): Deed {
    const { random } = this
    const earlier = this.deeds.length === 0 ? null : this.pickEarlier()
    if (earlier && random.chance(0.15)) return earlier
    if (earlier && random.chance(0.2)) {
      // Nearly the same: it competes for the coupon, by another customer, till or instant.
      return random.pick([
        { ...earlier, atMs: earlier.atMs + random.pick([-1, 1]) },
        { ...earlier, till: random.pick(this.world.reference.tills) },
        { ...earlier, customer: random.pick(this.world.reference.customers) },
      ])
    }
    const coupon = random.pick(this.ofSeries)
    const holder = this.world.reference.customers.find((customer) => customer['id'] === coupon['customerId'])
    return {
      coupon,
      customer: holder && random.chance(0.75) ? holder : random.pick(this.world.reference.customers),
      till: random.pick(this.world.reference.tills),
      atMs: this.planInstant(coupon),
    }
  }

  /** Near in the file, anywhere, or among the first: those are of the prior file where there is one. */
  private pickEarlier(): Deed {
    const near = this.deeds.slice(-5)
    const first = this.deeds.slice(0, Math.ceil(this.deeds.length / 5))
    return this.random.pick(this.random.pick([near, near, this.deeds, first]))
  }

  /** Mostly within the year, often exactly where the coupon or the series begins or ends. */
  private planInstant(coupon: ReferenceRow): number {
    const { random } = this
    if (random.chance(0.65)) return random.whole(YEAR_BEGINS_MS + 31 * DAY_MS, YEAR_ENDS_MS - 31 * DAY_MS)
    const series = this.world.reference.series.find((each) => each['id'] === coupon['seriesId'])
    const edges = [coupon['expiresAt'], series?.['validFrom'], series?.['validTill']].flatMap((text) => {
      if (!text) return []
      const ms = /^[0-9]+$/.test(text) ? Number(text) : Date.parse(text)
      return [ms, ms + DAY_MS]
    })
    if (edges.length === 0) return random.whole(YEAR_BEGINS_MS, YEAR_ENDS_MS)
    return random.pick(edges) + random.pick([-1, 0, 1])
  }

  private isMapped(key: ColumnKey): boolean {
    return this.mapping.positions[key] !== undefined
  }

  private writeId(item: ReferenceRow): string {
    const id = item['id'] ?? ''
    return this.random.chance(0.03) ? `00${id}` : id
  }

  /** Names the customer by one mapped identifier; those that it takes precedence over may hold anything. */
  private writeCustomer(customer: ReferenceRow): PlannedRow {
    const { random } = this
    const declared = ({ MOBILE: 'mobile', EXTERNAL_ID: 'externalId', EMAIL: 'email', USER_ID: 'userId' } as const)[
      this.mapping.customerIdentifier
    ]
    const precedence = [...new Set(['userId', declared, 'mobile', 'email', 'externalId'] as const)]
    const usable = precedence.filter((key) => this.isMapped(key) && this.writeIdentifier(customer, key) !== '')
    const chosen =
      random.chance(0.6) && usable.includes(declared) ? declared : usable[random.whole(0, usable.length - 1)]
    const row: PlannedRow = {}
    if (chosen === undefined) return { [declared]: `nobody${random.whole(1, 99)}` }
    for (const key of precedence.slice(precedence.indexOf(chosen))) {
      const other = key === chosen || random.chance(0.5) ? customer : random.pick(this.world.reference.customers)
      if (key === chosen || random.chance(0.5)) row[key] = this.writeIdentifier(other, key)
    }
    return row
  }

  private writeIdentifier(customer: ReferenceRow, key: 'userId' | 'mobile' | 'email' | 'externalId'): string {
    if (key === 'userId') return this.writeId(customer)
    const text = customer[key] ?? ''
    if (text === '') return ''
    if (key === 'mobile') {
      const digits = text.replaceAll(/[^0-9]/g, '').slice(-12)
      const isNational = this.mapping.defaultCountry !== undefined && this.random.chance(0.5)
      return this.addApostrophe((isNational ? writeNationalMobile : writeMobile)(this.random, digits))
    }
    if (key === 'email') return this.changeCase(text)
    return this.addApostrophe(text)
  }

  private writeCoupon(coupon: ReferenceRow): PlannedRow {
    const { random } = this
    const code = (): string => this.addApostrophe(this.changeCase(coupon['code'] ?? ''))
    if (!this.isMapped('couponId')) return { couponCode: code() }
    if (!this.isMapped('couponCode')) return { couponId: this.writeId(coupon) }
    return random.pick<PlannedRow>([
      { couponId: this.writeId(coupon) },
      { couponCode: code() },
      { couponId: this.writeId(coupon), couponCode: code() },
      { couponId: this.writeId(coupon), couponCode: random.pick(this.world.reference.coupons)['code'] ?? '' },
      { couponId: this.writeId(coupon), couponCode: 'no such code' },
    ])
  }

  private changeCase(text: string): string {
    return this.random.pick([text, text, text.toUpperCase(), text.toLowerCase()])
  }

  /** As our own reports write what a spreadsheet would run. */
  private addApostrophe(text: string): string {
    return /^[=+\-@]/.test(text) && this.random.chance(0.5) ? `'${text}` : text
  }

  private spoil(row: PlannedRow): void {
    const { random } = this
    const spoilers = [this.spoilDate, this.spoilTill, this.spoilCustomer, this.spoilCoupon, this.spoilLength]
    random.pick(spoilers).call(this, row)
  }

  private spoilDate(row: PlannedRow): void {
    const { random } = this
    const seconds = String(Math.floor(random.whole(YEAR_BEGINS_MS, YEAR_ENDS_MS) / 1000))
    row.redeemedDateInMillis = random.pick([
      '',
      seconds,
      random.pick(NO_DATES),
      random.pick(['0', '946684799999', '946684800000', '-1', '86400000']),
      random.pick(['4102444800000', '99999999999999999999', '9007199254740993']),
      writeDate(random, this.mapping, this.nowMs + random.pick([-1, 20, 28]) * 3_600_000),
      writeDifficultDate(random, this.mapping),
    ])
  }

  private spoilTill(row: PlannedRow): void {
    const unknown = String((this.world.tag + 1) * 1_000_000 + 450)
    row.redeemedAt = this.random.pick(['', '', unknown, '0', this.random.pick(NO_NUMBERS), this.random.pick(TOO_BIG)])
  }

  private spoilCustomer(row: PlannedRow): void {
    const { random } = this
    const keys = (['userId', 'mobile', 'email', 'externalId'] as const).filter((key) => this.isMapped(key))
    if (random.chance(0.25)) {
      for (const key of keys) delete row[key]
      return
    }
    const key = random.pick(keys)
    if (key === 'userId') {
      const unknown = String((this.world.tag + 1) * 1_000_000 + 1999)
      row.userId = random.pick([unknown, random.pick(NO_NUMBERS), random.pick(TOO_BIG)])
    } else {
      const own = row[key] ?? ''
      row[key] = random.pick(['nobody', `${own}x`, `9${own}`, own.toLowerCase(), random.pick(NOTES)])
    }
  }

  private spoilCoupon(row: PlannedRow): void {
    const { random } = this
    const elsewhere = random.pick(this.ofOthers)
    if (random.chance(0.2)) {
      delete row.couponId
      delete row.couponCode
    } else if (this.isMapped('couponId') && (random.chance(0.5) || !this.isMapped('couponCode'))) {
      const unknown = String((this.world.tag + 1) * 1_000_000 + 4999)
      const foreign = elsewhere['id'] ?? ''
      row.couponId = random.pick([unknown, foreign, foreign, random.pick(NO_NUMBERS), random.pick(TOO_BIG)])
    } else {
      delete row.couponId
      const foreign = this.changeCase(elsewhere['code'] ?? '')
      row.couponCode = random.pick([foreign, foreign, `${row.couponCode ?? ''}-`, 'none', random.pick(TOO_BIG)])
    }
  }

  private spoilLength(row: PlannedRow): void {
    const { random } = this
    const texts = ['mobile', 'email', 'externalId', 'couponCode', 'billId', 'billNumber', 'details'] as const
    const mapped = texts.filter((key) => this.isMapped(key))
    if (mapped.length === 0) return
    const key = random.pick(mapped)
    const most = key === 'details' ? 1000 : 255
    row[key] = random.pick(['x', 'é', '数']).repeat(most + random.pick([0, 1, 1, 45]))
  }
}
