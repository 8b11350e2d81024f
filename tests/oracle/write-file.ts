import type { Random } from './random.ts'
import type { SourceRecord } from './reference-model.ts'

export interface Dialect {
  readonly delimiter: ',' | ';' | '\t' | '|'
  readonly lineEnd: '\n' | '\r\n' | '\r'
  readonly hasByteOrderMark: boolean
  readonly endsWithLineEnd: boolean
  /** How probable it is that a cell is quoted without need. */
  readonly quoteRate: number
}

/** What cannot be read right about a record. `brokenLines` is a quoted line break before a wrong quote: two rows. */
export type Flaw = 'unclosed' | 'textAfterQuote' | 'brokenLines' | 'encoding' | 'encodingInLines' | 'nul' | 'tooLong'

export interface PlannedRecord {
  readonly cells: readonly string[]
  readonly flaw: Flaw | null
  /** A blank line before the record: nothing, or spaces. */
  readonly blankBefore: string | null
}

/** Each stands in the text for bytes that are no UTF-8. */
const WRONG_BYTES = new Map([
  ['\uE000', [0xff]],
  ['\uE001', [0x80]],
  ['\uE002', [0xe9]],
  ['\uE003', [0xe2, 0x82]],
  ['\uE004', [0xc0, 0xaf]],
  ['\uE005', [0xed, 0xa0, 0x80]],
  ['\uE006', [0xf5, 0x80, 0x80, 0x80]],
])

/** Over the 1 MiB that a record may have. */
const TOO_LONG_CHARACTERS = 1_200_000

/** A stretch of text that ends where a line ends, and the records that it is to be read as. */
interface Piece {
  readonly text: string
  /** Their `line` counts from the piece's first, from 0. */
  readonly records: readonly SourceRecord[]
  /** It leaves a quote open, which reading will look for in what follows. */
  readonly leavesQuoteOpen: boolean
}

/**
 * Writes records as a file and tells how it is to be read.
 *
 * A quote left open costs one line only if nothing later closes it. So the next quote in the file, wherever it stands,
 * must be followed by a letter or digit, which makes it a wrong closing quote for certain; where that does not come
 * about by itself, a further faulty record is put in between. With no quote after it the end of the file decides.
 */
export function writeFile(
  random: Random,
  dialect: Dialect,
  planned: readonly PlannedRecord[],
): { file: Buffer; records: SourceRecord[] } {
  const writer = new PieceWriter(random, dialect)
  const parts: string[] = []
  const records: SourceRecord[] = []
  let line = 1
  let isQuoteOpen = false
  const append = (piece: Piece): void => {
    records.push(...piece.records.map((record) => ({ ...record, line: line + record.line })))
    parts.push(piece.text + dialect.lineEnd)
    line += countLineEnds(piece.text + dialect.lineEnd)
    if (piece.text.includes('"')) isQuoteOpen = piece.leavesQuoteOpen
  }
  for (const plan of planned) {
    if (plan.blankBefore !== null) append({ text: plan.blankBefore, records: [], leavesQuoteOpen: false })
    const piece = writer.write(plan)
    if (isQuoteOpen && piece.text.includes('"') && !/^[^"]*"[A-Za-z0-9]/.test(piece.text)) {
      append(writer.write({ ...plan, flaw: 'textAfterQuote' }))
    }
    append(piece)
  }
  const text = parts.join('')
  const ended = dialect.endsWithLineEnd ? text : text.slice(0, text.length - dialect.lineEnd.length)
  return { file: encode((dialect.hasByteOrderMark ? '\uFEFF' : '') + ended), records }
}

/** Every LF, CRLF and CR ends a physical line, also within quotes. */
function countLineEnds(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0
}

function encode(text: string): Buffer {
  return Buffer.concat(
    text.split(/([\uE000-\uE006])/).map((part) => Buffer.from(WRONG_BYTES.get(part) ?? Buffer.from(part, 'utf8'))),
  )
}

class PieceWriter {
  private readonly random: Random
  private readonly dialect: Dialect

  constructor(random: Random, dialect: Dialect) {
    this.random = random
    this.dialect = dialect
  }

  write(plan: PlannedRecord): Piece {
    const { random, dialect } = this
    const at = random.whole(0, plan.cells.length - 1)
    switch (plan.flaw) {
      case null:
        return this.writeGoodRecord(plan.cells)
      case 'unclosed':
        return this.writeBadLine(plan.cells, at, `"open${random.pick(['', ' and on'])}`, true)
      case 'textAfterQuote':
        return this.writeBadLine(plan.cells, at, `"shut"${random.pick(['x', '9', 'too'])}`, false)
      case 'brokenLines': {
        const first = this.writeBadLine(['"one'], 0, '"one', false)
        const rest = this.writeBadLine(['two"', ...plan.cells, ''], plan.cells.length + 1, '"three"x', false, true)
        return {
          text: `${first.text}${dialect.lineEnd}${rest.text}`,
          records: [...first.records, ...rest.records.map((record) => ({ ...record, line: 1 }))],
          leavesQuoteOpen: false,
        }
      }
      case 'encoding':
        return this.writeUnreadable(plan.cells, at, this.insertInto(plan.cells[at] ?? '', this.pickWrongBytes()))
      case 'encodingInLines':
        return this.writeUnreadable(plan.cells, at, `above${dialect.lineEnd}below${this.pickWrongBytes()}`)
      case 'nul':
        return this.writeUnreadable(plan.cells, at, this.insertInto(plan.cells[at] ?? '', '\0'))
      case 'tooLong': {
        // On one line: of several, what stands behind the first would be read by itself (packages/csv has that as tests).
        const cells = plan.cells
          .with(at, 'x'.repeat(TOO_LONG_CHARACTERS))
          .map((cell) => cell.replaceAll(/[\r\n]+/g, ' '))
        const { text } = this.writeGoodRecord(cells)
        return {
          text,
          records: [{ kind: 'unreadable', line: 0, code: 'MALFORMED_ROW', raw: null }],
          leavesQuoteOpen: false,
        }
      }
    }
  }

  private writeGoodRecord(cells: readonly string[]): Piece {
    const text = cells.map((cell) => this.writeCell(cell)).join(this.dialect.delimiter)
    // What looks like a blank line would be none of the records.
    if (/^[\s"]*$/.test(text)) return this.writeGoodRecord(cells.with(0, '-'))
    return { text, records: [{ kind: 'cells', line: 0, cells }], leavesQuoteOpen: false }
  }

  private writeCell(cell: string): string {
    const { random, dialect } = this
    const mustQuote = /^ *"|[\r\n]/.test(cell) || cell.includes(dialect.delimiter)
    if (!mustQuote && !random.chance(dialect.quoteRate)) return cell
    return `"${cell.replaceAll('"', '""')}"${random.chance(0.1) ? '  ' : ''}`
  }

  /** One line with one cell as given and no quote elsewhere. */
  private writeBadLine(
    cells: readonly string[],
    at: number,
    bad: string,
    leavesQuoteOpen: boolean,
    keep = false,
  ): Piece {
    const plain = cells.map((cell) => cell.replaceAll(/[",;|\t\r\n]/g, ''))
    if (keep) plain[0] = cells[0] ?? ''
    const raw = plain.with(at, bad).join(this.dialect.delimiter)
    return { text: raw, records: [{ kind: 'unreadable', line: 0, code: 'MALFORMED_ROW', raw }], leavesQuoteOpen }
  }

  private writeUnreadable(cells: readonly string[], at: number, bad: string): Piece {
    const { text } = this.writeGoodRecord(cells.with(at, bad))
    return {
      text,
      records: [{ kind: 'unreadable', line: 0, code: 'INVALID_ENCODING', raw: null }],
      leavesQuoteOpen: false,
    }
  }

  private insertInto(cell: string, what: string): string {
    const at = this.random.whole(0, cell.length)
    // Not between the halves of a surrogate pair: that would be a fault of our own.
    return /[\uDC00-\uDFFF]/.test(cell) ? cell + what : cell.slice(0, at) + what + cell.slice(at)
  }

  private pickWrongBytes(): string {
    return this.random.pick([...WRONG_BYTES.keys()])
  }
}
