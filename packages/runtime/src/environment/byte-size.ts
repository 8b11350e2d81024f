const UNITS = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const

/** Reads a size such as `1048576`, `64KiB`, `1.5 GiB`: whole bytes, or `undefined` when the text is no size. */
export function parseByteSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?(KiB|MiB|GiB)?$/.exec(text)
  if (!match) return undefined
  const unit = (match[2] ?? '') as keyof typeof UNITS
  const bytes = Number(match[1]) * UNITS[unit]
  return Number.isSafeInteger(bytes) ? bytes : undefined
}
