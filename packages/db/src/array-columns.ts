const INITIAL_BYTES = 64 * 1024
/** The numbers before the elements: dimensions, whether any is null, the elements' type, how many, the first one's index. */
const HEADER_BYTES = 20
const EMPTY_HEADER_BYTES = 12
const LENGTH_BYTES = 4
const NULL_LENGTH = -1
/** The most bytes of UTF-8 that a UTF-16 unit can need. */
const MAX_BYTES_PER_UNIT = 3
/** A number of so many digits is exact in a double. */
const MAX_EXACT_DIGITS = 15
const TWO_TO_32 = 2 ** 32

/** The types' ids, as in src/include/catalog/pg_type.dat. */
const TYPE_ID = { int4: 23, int8: 20, text: 25 } as const

/**
 * A column of a batch as an array in PostgreSQL's binary format: one parameter a column, however many rows. The format is
 * what `array_recv` reads (src/backend/utils/adt/arrayfuncs.c), the elements as the `recv` function of their type does; the
 * parameter must be of exactly that array type.
 *
 * Elements are written into bytes as they come. Kept as strings until the batch is full, they outlive the young generation,
 * and copying them costs more in garbage collection than reading the file does.
 */
abstract class ArrayColumn {
  readonly #typeId: number
  /** What is written next time: what was taken may be on its way until then. */
  #spare: Buffer | null = null
  #count = 0
  #hasNull = false
  protected bytes: Buffer = Buffer.allocUnsafe(INITIAL_BYTES)
  protected size = HEADER_BYTES

  constructor(type: keyof typeof TYPE_ID) {
    this.#typeId = TYPE_ID[type]
  }

  /** The array of what was pushed since the last time. Its bytes are overwritten after the next time. */
  take(): Buffer {
    const { bytes, size } = this
    const isEmpty = this.#count === 0
    writeInt32(bytes, 0, isEmpty ? 0 : 1)
    writeInt32(bytes, 4, this.#hasNull ? 1 : 0)
    writeInt32(bytes, 8, this.#typeId)
    writeInt32(bytes, 12, this.#count)
    writeInt32(bytes, 16, 1)
    this.bytes = this.#spare ?? Buffer.allocUnsafe(INITIAL_BYTES)
    this.#spare = bytes
    this.size = HEADER_BYTES
    this.#count = 0
    this.#hasNull = false
    return bytes.subarray(0, isEmpty ? EMPTY_HEADER_BYTES : size)
  }

  protected pushNull(): void {
    this.ensureCapacity(LENGTH_BYTES)
    this.#hasNull = true
    this.endElement(NULL_LENGTH, this.size + LENGTH_BYTES)
  }

  /** Says that an element of so many bytes was written up to `end`, behind room for its length. */
  protected endElement(length: number, end: number): void {
    writeInt32(this.bytes, this.size, length)
    this.size = end
    this.#count += 1
  }

  protected ensureCapacity(count: number): void {
    if (this.size + count <= this.bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.size + count))
    this.bytes.copy(larger, 0, 0, this.size)
    this.bytes = larger
  }
}

/** An `int[]`. */
export class Int4Column extends ArrayColumn {
  constructor() {
    super('int4')
  }

  push(value: number): void {
    this.ensureCapacity(8)
    const start = this.size + LENGTH_BYTES
    writeInt32(this.bytes, start, value)
    this.endElement(4, start + 4)
  }
}

/** A `bigint[]`. */
export class Int8Column extends ArrayColumn {
  constructor() {
    super('int8')
  }

  /** A safe integer, or digits with or without a minus. */
  push(value: number | string | null): void {
    if (value === null) this.pushNull()
    else if (typeof value === 'number') this.#pushNumber(value)
    else if (value.length <= MAX_EXACT_DIGITS) this.#pushNumber(Number(value))
    else this.#pushBigInt(BigInt(value))
  }

  #pushNumber(value: number): void {
    this.ensureCapacity(12)
    const start = this.size + LENGTH_BYTES
    const high = Math.floor(value / TWO_TO_32)
    writeInt32(this.bytes, start, high)
    writeInt32(this.bytes, start + 4, value - high * TWO_TO_32)
    this.endElement(8, start + 8)
  }

  #pushBigInt(value: bigint): void {
    this.ensureCapacity(12)
    const start = this.size + LENGTH_BYTES
    this.endElement(8, this.bytes.writeBigInt64BE(value, start))
  }
}

/** A `text[]`. */
export class TextColumn extends ArrayColumn {
  constructor() {
    super('text')
  }

  push(text: string | null): void {
    if (text === null) {
      this.pushNull()
      return
    }
    this.ensureCapacity(LENGTH_BYTES + text.length * MAX_BYTES_PER_UNIT)
    const { bytes } = this
    const start = this.size + LENGTH_BYTES
    let end = start
    for (let i = 0; i < text.length; i += 1) {
      const unit = text.charCodeAt(i)
      if (unit >= 128) {
        end = start + bytes.write(text, start, 'utf8')
        break
      }
      bytes[end++] = unit
    }
    this.endElement(end - start, end)
  }
}

function writeInt32(bytes: Buffer, offset: number, value: number): void {
  bytes[offset] = value >>> 24
  bytes[offset + 1] = value >>> 16
  bytes[offset + 2] = value >>> 8
  bytes[offset + 3] = value
}
