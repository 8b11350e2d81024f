import { REFERENCE_COLUMNS, type ReferenceKind } from '@importer/contracts'
import { readRecords } from '@importer/csv'

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
}

const DELIMITERS = [',', ';', '\t', '|'] as const
const MAX_HEADER_BYTES = 64 * 1024

/** Reads the header and gives the body again, whole. The delimiter is the one that makes columns of the header. */
export async function readReferenceHeader(
  kind: ReferenceKind,
  source: AsyncIterable<Uint8Array>,
): Promise<{ header: ReferenceHeader; body: AsyncIterable<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]()
  const head: Uint8Array[] = []
  let size = 0
  for (let complete = false; !complete && size < MAX_HEADER_BYTES;) {
    const next = await iterator.next()
    complete = next.done === true
    if (next.done !== true) {
      head.push(next.value)
      size += next.value.length
    }
  }
  const bytes = Buffer.concat(head)
  const header = await parseHeader(kind, bytes.subarray(0, MAX_HEADER_BYTES))
  return { header, body: replay(bytes, iterator) }
}

async function* replay(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
}

async function parseHeader(kind: ReferenceKind, bytes: Uint8Array): Promise<ReferenceHeader> {
  const known = REFERENCE_COLUMNS[kind] as readonly string[]
  const expected = `expected a header of ${known.join(', ')}, of which id is mandatory`
  const lowerCase = new Map(known.map((name) => [name.toLowerCase(), name]))
  let best: { delimiter: string; names: string[]; hits: number } | undefined
  for (const delimiter of DELIMITERS) {
    const first = await readFirstRecord(bytes, delimiter)
    if (first === undefined) throw new ReferenceBodyError('EMPTY_BODY', `the body is empty; ${expected}`)
    const names = first.map((name) => name.trim())
    const hits = names.filter((name) => lowerCase.has(name.toLowerCase())).length
    if (best === undefined || hits > best.hits) best = { delimiter, names, hits }
  }
  const positions = new Map<string, number>()
  for (const [position, text] of (best?.names ?? []).entries()) {
    const name = lowerCase.get(text.toLowerCase())
    if (name === undefined) {
      throw new ReferenceBodyError('INVALID_HEADER', `"${text.slice(0, 60)}" is no column of ${kind}; ${expected}`)
    }
    if (positions.has(name)) {
      throw new ReferenceBodyError('INVALID_HEADER', `the column "${name}" stands twice in the header; ${expected}`)
    }
    positions.set(name, position)
  }
  if (!positions.has('id')) throw new ReferenceBodyError('INVALID_HEADER', `the column "id" is missing; ${expected}`)
  return { delimiter: best?.delimiter ?? ',', positions }
}

async function readFirstRecord(bytes: Uint8Array, delimiter: string): Promise<string[] | undefined> {
  async function* once(): AsyncGenerator<Uint8Array> {
    yield bytes
  }
  for await (const block of readRecords(once(), { delimiter })) {
    const cells = block.cells[0]
    return block.faults.has(0) ? ['unreadable'] : cells
  }
  return undefined
}
