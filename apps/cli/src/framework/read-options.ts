import { MAX_INT4, REFERENCE_KINDS, type ReferenceKind } from '@importer/contracts'
import { InvalidArgumentError } from 'commander'

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** The longest that a timer of Node waits. */
const LONGEST_MS = 2_147_483_647

/** An organization's or a key's id. Throws an InvalidArgumentError. */
export function readInt4(text: string): number {
  const id = Number(text)
  if (/^\d{1,10}$/.test(text) && id >= 1 && id <= MAX_INT4) return id
  throw new InvalidArgumentError(`expected a whole number from 1 to ${MAX_INT4}`)
}

/** A count or a position. Throws an InvalidArgumentError. */
export function readCount(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('expected a whole number')
}

/** An id that the server looks up: digits, kept as text. Throws an InvalidArgumentError. */
export function readId(text: string): string {
  if (/^\d{1,16}$/.test(text)) return text
  throw new InvalidArgumentError('expected a whole number')
}

/** Throws an InvalidArgumentError. */
export function readKind(text: string): ReferenceKind {
  const kind = REFERENCE_KINDS.find((known) => known === text)
  if (kind !== undefined) return kind
  throw new InvalidArgumentError(`expected ${REFERENCE_KINDS.join(', ')}`)
}

/** A duration such as `90s`, `30m`, `2h` or a number of seconds, in milliseconds. Throws an InvalidArgumentError. */
export function readDuration(text: string): number {
  const [, amount, unit = 's'] = /^(\d{1,9}(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text) ?? []
  const ms = Number(amount) * (UNITS[unit] ?? 1)
  if (amount === undefined || ms <= 0 || ms > LONGEST_MS) {
    throw new InvalidArgumentError('expected a duration of at most 24 days such as 90s, 30m or 2h')
  }
  return ms
}

/** For an option that may be repeated. */
export function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value]
}
