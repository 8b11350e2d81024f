import type { CellRules } from '@importer/contracts'

import type { Random } from './random.ts'
import { showLocal } from './reference-dates.ts'

const ZONES = ['UTC', 'Asia/Kolkata', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Chatham']
const PATTERNS = [
  'dd/MM/yyyy HH:mm',
  'dd.MM.yyyy HH:mm:ss',
  'yyyy-MM-dd HH:mm:ss.SSS',
  'MM/dd/yyyy hh:mm a',
  'd.M.yy H:mm',
  'yyyyMMddHHmmss',
  'yyyy-MM-ddTHH:mm:ss.SSS',
  'dd/MM/yyyy',
]
/** Local times at which clocks are put forward or back, in one of those zones each, in 2021. */
const CHANGES = [
  '2021-03-28T02:30',
  '2021-10-31T02:30',
  '2021-03-14T02:15',
  '2021-11-07T01:45',
  '2021-10-03T02:10',
  '2021-04-04T01:50',
  '2021-09-26T03:00',
]

/** How the cells of a case are to be read; often as is documented for every upload. */
export function generateCellRules(random: Random): CellRules {
  const country = random.chance(0.3) ? { defaultCountry: 'IN' } : {}
  const timeZone = random.pick(ZONES)
  return {
    ...country,
    ...random.pickWeighted<CellRules>([
      [4, {}],
      [1, { dateFormat: 'epochSeconds' }],
      [1, { dateFormat: 'iso8601' }],
      [1, { dateFormat: 'iso8601', timeZone }],
      [5, { dateFormat: random.pick(PATTERNS), timeZone }],
    ]),
  }
}

/** An instant as a cell of these rules has it, cut to what the format can say. */
export function writeDate(random: Random, { dateFormat = 'epochMillis', timeZone }: CellRules, ms: number): string {
  if (dateFormat === 'epochMillis') return String(ms)
  if (dateFormat === 'epochSeconds') return String(Math.floor(ms / 1000))
  if (dateFormat !== 'iso8601') return writePattern(dateFormat, toLocal(ms, timeZone ?? 'UTC'))
  const utc = new Date(ms).toISOString()
  const ahead = new Date(ms + 19_800_000).toISOString().slice(0, -1)
  return random.pick([
    utc,
    utc.replace('T', ' '),
    `${ahead}+05:30`,
    `${utc.slice(0, 16)}Z`,
    utc.replaceAll(/[-:]/g, '').replace(/\.\d+/, ''),
    // Without an offset it is of the file's time zone, or of none.
    ...(timeZone === undefined ? [] : [toLocal(ms, timeZone).slice(0, -1), toLocal(ms, timeZone).slice(0, 10)]),
  ])
}

/** A cell that names no instant, or one that is hard to name: of no such day, of another format, or amid a change of the clocks. */
export function writeDifficultDate(random: Random, { dateFormat = 'epochMillis', timeZone }: CellRules): string {
  const change = `${random.pick(CHANGES)}:00.000Z`
  const days = [
    '2021-02-30T10:00:00.000Z',
    '2021-13-01T10:00:00.000Z',
    '2021-06-15T24:10:00.000Z',
    '2021-00-10T10:00:00.000Z',
  ]
  const text = random.chance(0.6) ? change : random.pick(days)
  if (dateFormat === 'iso8601') return random.pick([text, text.slice(0, -1), `${text.slice(0, 10)}T`, text.slice(2)])
  if (timeZone === undefined) return text
  const written = writePattern(dateFormat, text)
  return random.chance(0.8)
    ? written
    : random.pick([`${written}1`, written.slice(1), written.replace(/[:.]/, '-'), text])
}

function toLocal(ms: number, timeZone: string): string {
  return new Date(showLocal(ms, timeZone) + (ms % 1000)).toISOString()
}

/** What `local` (written as ISO 8601 does) is in a pattern, also where there is no such day. */
function writePattern(pattern: string, local: string): string {
  const [year = '', month = '', day = '', hour = '', minute = '', second = '', ms = ''] = local.match(/\d+/g) ?? []
  const half = Number(hour) % 12 === 0 ? '12' : String(Number(hour) % 12).padStart(2, '0')
  const bare = (digits: string): string => String(Number(digits))
  const values: Readonly<Record<string, string>> = {
    yyyy: year,
    yy: year.slice(2),
    MM: month,
    M: bare(month),
    dd: day,
    d: bare(day),
    HH: hour,
    H: bare(hour),
    hh: half,
    mm: minute,
    ss: second,
    SSS: ms,
    a: Number(hour) < 12 ? 'AM' : 'pm',
  }
  return pattern.replaceAll(/yyyy|yy|MM|M|dd|d|HH|H|hh|mm|ss|SSS|a/g, (token) => values[token] ?? token)
}
