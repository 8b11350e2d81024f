import { REFERENCE_COLUMNS, showText, type ReferenceKind } from '@importer/contracts'
import {
  FILE_START,
  KNOWN_DELIMITERS,
  readFirstRecords,
  readSepLine,
  refuseHead,
  trimCell,
  type FirstRecord,
  type ReadPosition,
} from '@importer/csv'

/** The body of a reference upload is no such CSV: nothing was written. */
export class ReferenceBodyError extends Error {
  override readonly name = 'ReferenceBodyError'
  readonly code: 'EMPTY_BODY' | 'INVALID_HEADER'

  constructor(code: ReferenceBodyError['code'], message: string) {
    super(message)
    this.code = code
  }
}

export interface ReferenceHeader {
  readonly delimiter: string
  /** Column name → position. */
  readonly positions: ReadonlyMap<string, number>
  /** Positions of columns without a name: they must be without values, too. */
  readonly nameless: readonly number[]
  /** The header's own cells: a record that equals it carries no row. */
  readonly cells: readonly string[]
  /** Where the header stands. */
  readonly start: ReadPosition
}

const MAX_HEADER_BYTES = 64 * 1024
/** Among so many records that are not empty the header is looked for. */
const HEADER_RECORDS = 10

/** Reads the header and gives the body again, from the header on. The delimiter is the one that makes columns of it. */
export async function readReferenceHeader(
  kind: ReferenceKind,
  source: AsyncIterable<Uint8Array>,
): Promise<{ header: ReferenceHeader; body: AsyncIterable<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]()
  const head: Uint8Array[] = []
  let size = 0
  let complete = false
  while (!complete && size < MAX_HEADER_BYTES) {
    const next = await iterator.next()
    complete = next.done === true
    if (next.done !== true) {
      head.push(next.value)
      size += next.value.length
    }
  }
  const bytes = Buffer.concat(head)
  const header = parseHeader(kind, bytes.subarray(0, MAX_HEADER_BYTES), complete && size <= MAX_HEADER_BYTES)
  return { header, body: replay(bytes.subarray(header.start.byteOffset), iterator) }
}

async function* replay(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
}

interface Candidate {
  readonly delimiter: string
  readonly record: FirstRecord
  readonly names: readonly string[]
  readonly hits: number
}

function parseHeader(kind: ReferenceKind, bytes: Uint8Array, complete: boolean): ReferenceHeader {
  const known = REFERENCE_COLUMNS[kind] as readonly string[]
  const expected = `expected a header of ${known.join(', ')}, of which id is mandatory`
  const lowerCase = new Map(known.map((name) => [name.toLowerCase(), name]))
  const other = refuseHead(bytes, complete)
  if (other?.code === 'EMPTY_FILE') throw new ReferenceBodyError('EMPTY_BODY', `the body is empty; ${expected}`)
  if (other !== undefined) {
    const message = other.message
      .replace(/^the file/, 'the body')
      .replace(/, or the field encoding=.*$/, ', or UTF-16 behind its byte order mark')
    throw new ReferenceBodyError('INVALID_HEADER', message)
  }
  const best = findHeader(bytes, complete, lowerCase)
  if (best === undefined) throw new ReferenceBodyError('EMPTY_BODY', `the body is empty; ${expected}`)

  const positions = new Map<string, number>()
  const nameless: number[] = []
  for (const [position, text] of best.names.entries()) {
    if (text === '') {
      nameless.push(position)
      continue
    }
    const name = lowerCase.get(text.toLowerCase())
    if (name === undefined) {
      throw new ReferenceBodyError('INVALID_HEADER', `"${showText(text)}" is no column of ${kind}; ${expected}`)
    }
    if (positions.has(name)) {
      throw new ReferenceBodyError('INVALID_HEADER', `the column "${name}" stands twice in the header; ${expected}`)
    }
    positions.set(name, position)
  }
  if (!positions.has('id')) throw new ReferenceBodyError('INVALID_HEADER', `the column "id" is missing; ${expected}`)
  const { byteOffset, line } = best.record
  return {
    delimiter: best.delimiter,
    positions,
    nameless,
    cells: best.record.cells ?? [],
    start: { byteOffset, line },
  }
}

/** The record with the most names that are known, under any delimiter; the earliest of equals. */
function findHeader(
  bytes: Uint8Array,
  complete: boolean,
  lowerCase: ReadonlyMap<string, string>,
): Candidate | undefined {
  const sep = readSepLine(bytes, FILE_START)
  const start = sep?.next ?? FILE_START
  const body = bytes.subarray(start.byteOffset)
  let best: Candidate | undefined
  for (const delimiter of sep?.delimiter === undefined ? KNOWN_DELIMITERS : [sep.delimiter]) {
    for (const record of readFirstRecords(body, start, complete, delimiter, HEADER_RECORDS)) {
      const names = record.cells === null ? ['unreadable'] : record.cells.map(trimCell)
      const hits = names.filter((name) => lowerCase.has(name.toLowerCase())).length
      if (best === undefined || hits > best.hits) best = { delimiter, record, names, hits }
      // What stands before the header are titles; what stands behind it are rows, whatever they hold.
      if (names.some((name) => name.toLowerCase() === 'id')) break
    }
  }
  return best
}
