const INITIAL_BYTES = 64 * 1024
const [OPEN, CLOSE, COMMA, QUOTE, BACKSLASH] = [0x7b, 0x7d, 0x2c, 0x22, 0x5c] as const
/** The most bytes of UTF-8 that a UTF-16 unit can need. */
const MAX_BYTES_PER_UNIT = 3

/** What the array syntax gives a meaning; https://www.postgresql.org/docs/18/arrays.html#ARRAYS-IO */
const HAS_MEANING = new Uint8Array(128)
for (const char of '{}",\\ \t\n\v\f\r') HAS_MEANING[char.charCodeAt(0)] = 1

/**
 * A column of a batch as a PostgreSQL array literal (`{…}`): one parameter a column, however many rows. Prisma would take
 * JavaScript arrays too, at twice the CPU.
 *
 * Elements are written into bytes as they come. Kept as strings until the batch is full, they outlive the young generation,
 * and copying them costs more in garbage collection than reading the file does.
 */
export class ArrayColumn {
  #bytes = Buffer.allocUnsafe(INITIAL_BYTES)
  #size = 0
  #isAscii = true

  push(value: number | bigint | string | null): void {
    const text = typeof value === 'string' ? value : value === null ? 'NULL' : String(value)
    const isText = typeof value === 'string'
    // The delimiter, quotes, and every unit escaped or in its longest form.
    this.#makeRoom(text.length * MAX_BYTES_PER_UNIT + 4)
    const bytes = this.#bytes
    let size = this.#size
    bytes[size] = size === 0 ? OPEN : COMMA
    size += 1
    const start = size
    let isPlain = !isText || !isNull(text)
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i)
      if (unit >= 128) {
        this.#isAscii = false
        isPlain = false
        break
      }
      if (HAS_MEANING[unit] === 1) {
        isPlain = false
        break
      }
      bytes[size++] = unit
    }
    this.#size = isPlain ? size : this.#writeQuoted(text, start)
  }

  /** The literal of what was pushed since the last time. */
  take(): string {
    if (this.#size === 0) return '{}'
    this.#makeRoom(1)
    this.#bytes[this.#size] = CLOSE
    const literal = this.#bytes.toString(this.#isAscii ? 'latin1' : 'utf8', 0, this.#size + 1)
    this.#size = 0
    this.#isAscii = true
    return literal
  }

  #writeQuoted(text: string, start: number): number {
    const bytes = this.#bytes
    let size = start
    bytes[size++] = QUOTE
    if (this.#isAscii) {
      for (let i = 0; i < text.length; i += 1) {
        const unit = text.charCodeAt(i)
        if (unit >= 128) {
          this.#isAscii = false
          return this.#writeQuoted(text, start)
        }
        if (unit === QUOTE || unit === BACKSLASH) bytes[size++] = BACKSLASH
        bytes[size++] = unit
      }
    } else {
      size += bytes.write(text.replaceAll(/["\\]/g, '\\$&'), size, 'utf8')
    }
    bytes[size++] = QUOTE
    return size
  }

  #makeRoom(count: number): void {
    if (this.#size + count <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#size + count))
    this.#bytes.copy(larger, 0, 0, this.#size)
    this.#bytes = larger
  }
}

/** An unquoted NULL, and nothing at all, are no text. */
function isNull(text: string): boolean {
  return text.length === 0 || (text.length === 4 && text.toLowerCase() === 'null')
}
