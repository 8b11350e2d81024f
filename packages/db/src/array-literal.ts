/**
 * Columns of a batch as PostgreSQL array literals (`{…}`): one parameter a column, however many rows. Prisma would take
 * JavaScript arrays too, at twice the CPU. Elements are joined once at the end: a text that grows by concatenation is a
 * tree of pieces, and costs more in garbage collection than all the rest.
 */
export class NumberColumn {
  readonly #elements: (number | bigint | string)[] = []

  push(value: number | bigint | string | null): void {
    this.#elements.push(value ?? 'NULL')
  }

  toLiteral(): string {
    return `{${this.#elements.join(',')}}`
  }
}

/** What the array syntax gives a meaning; https://www.postgresql.org/docs/18/arrays.html#ARRAYS-IO */
const NEEDS_QUOTES = /[{}",\\\s]|^(?:null)?$/i

export class TextColumn {
  readonly #elements: string[] = []

  push(value: string | null): void {
    if (value === null) this.#elements.push('NULL')
    else this.#elements.push(NEEDS_QUOTES.test(value) ? `"${value.replaceAll(/["\\]/g, '\\$&')}"` : value)
  }

  toLiteral(): string {
    return `{${this.#elements.join(',')}}`
  }
}
