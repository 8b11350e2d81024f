/** The delimiters that are found by themselves, the likelier first. */
export const KNOWN_DELIMITERS = [',', ';', '\t', '|'] as const

/** Whether it is one ASCII character that is no quote, line end or NUL. */
export function isDelimiter(text: string): boolean {
  return /^[\u0001-\u007f]$/.test(text) && !/["\r\n]/.test(text)
}

/** @throws RangeError unless it is one ASCII character that is no quote, line end or NUL */
export function requireDelimiter(delimiter: string): void {
  if (!isDelimiter(delimiter)) {
    throw new RangeError(
      `the delimiter ${JSON.stringify(delimiter)} is not usable; expected one ASCII character, no quote, line end or NUL`,
    )
  }
}
