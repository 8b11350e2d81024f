/** A word as a POSIX shell reads it. */
export function quote(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

type Options = Readonly<Record<string, string | number | undefined>>

/** The command of the next page, if there is one: `command` with the options that requested this page. */
export function proposeNextPage(command: string, options: Options, nextCursor: string | null): string[] {
  if (nextCursor === null) return []
  const repeated: Options = { ...options, cursor: nextCursor }
  const words = Object.entries(repeated).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [`--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, quote(String(value))],
  )
  return [[command, ...words].join(' ')]
}
