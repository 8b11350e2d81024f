import { parseArgs } from 'node:util'

export interface DemoOptions {
  readonly rows: number
  readonly seed: number
}

/** Reads `--rows N` and `--seed N`. Throws, in one line, at anything else. */
export function readDemoOptions(args: readonly string[], defaults: DemoOptions): DemoOptions {
  const { values } = parseArgs({ args: [...args], options: { rows: { type: 'string' }, seed: { type: 'string' } } })
  return {
    rows: readWholeNumber('--rows', values.rows) ?? defaults.rows,
    seed: readWholeNumber('--seed', values.seed) ?? defaults.seed,
  }
}

function readWholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new Error(`${name} is "${text}"; expected a whole number`)
}
