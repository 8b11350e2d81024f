import { FILE_START, HEAD_BYTES, type ReadPosition } from '@importer/csv'

/** Where the beginnings of files are read: a store, or what was read of a file that is not stored. */
export interface HeadStore {
  /** The bytes, as Buffers of any size. */
  read(key: string, range?: { readonly start?: number; readonly end?: number }): AsyncIterable<unknown>
  size(key: string): Promise<number>
}

/** The first bytes of a file that say something, and whether they are all of it from `start` on. */
export interface FileHead {
  readonly head: Uint8Array
  readonly complete: boolean
  readonly start: ReadPosition
}

const LF = 0x0a
const CR = 0x0d
/** What is no row under any delimiter: blanks, delimiters and line ends; a mark in UTF-8, a no-break space and a Ctrl-Z, too. */
const SAYS_NOTHING = new Set(Buffer.from('\t\n\r ,;|\u001a\u00a0\ufeff'))

/**
 * The head of a stored file behind `skipLines` physical lines and whatever of it is empty, however much that is. Throws a
 * FileMissingError.
 */
export async function readHead(store: HeadStore, fileKey: string, skipLines = 0): Promise<FileHead> {
  let start = skipLines === 0 ? FILE_START : await findLineStart(store, fileKey, skipLines)
  for (;;) {
    const { head, complete } = await readBytes(store, fileKey, start.byteOffset)
    const first = head.findIndex((byte) => !SAYS_NOTHING.has(byte))
    if (complete || first !== -1) return { head, complete, start }
    const lines = countLines(head)
    // Without a line end among them there is nothing to go on behind.
    if (lines.end === 0) return { head, complete, start }
    start = { byteOffset: start.byteOffset + lines.end, line: start.line + lines.count }
  }
}

async function readBytes(
  store: HeadStore,
  fileKey: string,
  start: number,
): Promise<{ head: Uint8Array; complete: boolean }> {
  if (start > 0 && start >= (await store.size(fileKey))) return { head: new Uint8Array(), complete: true }
  const chunks: Uint8Array[] = []
  // One byte more than is looked at tells whether there is more.
  for await (const chunk of store.read(fileKey, { start, end: start + HEAD_BYTES })) chunks.push(chunk as Uint8Array)
  const head = Buffer.concat(chunks)
  return { head: head.subarray(0, HEAD_BYTES), complete: head.length <= HEAD_BYTES }
}

/** Complete lines: how many, and where the last of them ends. A CR at the very end may be half a line end: it counts for none. */
function countLines(bytes: Uint8Array): { count: number; end: number } {
  let count = 0
  let end = 0
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index]
    const isEnd = byte === LF || (byte === CR && index + 1 < bytes.length && bytes[index + 1] !== LF)
    if (!isEnd) continue
    count += 1
    end = index + 1
  }
  return { count, end }
}

/** Where the line behind the first `lines` lines starts; the file's end where it has no more. */
async function findLineStart(store: HeadStore, fileKey: string, lines: number): Promise<ReadPosition> {
  let count = 0
  let offset = 0
  let afterCr = false
  for await (const chunk of store.read(fileKey)) {
    for (const byte of chunk as Uint8Array) {
      if (afterCr && byte !== LF) {
        count += 1
        if (count === lines) return { byteOffset: offset, line: lines + 1 }
      }
      offset += 1
      afterCr = byte === CR
      if (byte === LF) count += 1
      if (count === lines) return { byteOffset: offset, line: lines + 1 }
    }
  }
  return { byteOffset: offset, line: count + 1 }
}
