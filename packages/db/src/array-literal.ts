/**
 * Columns of a batch as PostgreSQL array literals (`{…}`): one parameter a column, however many rows. Prisma would take
 * JavaScript arrays too, at twice the CPU (docs/performance.md).
 */
export class NumberColumn {
  #text = ''

  push(value: number | bigint | string | null): void {
    this.#text += this.#text === '' ? `${value ?? 'NULL'}` : `,${value ?? 'NULL'}`
  }

  toLiteral(): string {
    return `{${this.#text}}`
  }
}

const NEEDS_ESCAPE = /["\\]/

export class TextColumn {
  #text = ''

  push(value: string | null): void {
    const element =
      value === null ? 'NULL' : NEEDS_ESCAPE.test(value) ? `"${value.replaceAll(/["\\]/g, '\\$&')}"` : `"${value}"`
    this.#text += this.#text === '' ? element : `,${element}`
  }

  toLiteral(): string {
    return `{${this.#text}}`
  }
}
