import { REFERENCE_KINDS, type ReferenceKind } from '@importer/contracts'
import { InvalidArgumentError } from 'commander'

const MAX_INT4 = 2_147_483_647

/** An organization's or a key's id. Throws an InvalidArgumentError. */
export function readInt4(text: string): number {
  const id = Number(text)
  if (/^\d{1,10}$/.test(text) && id >= 1 && id <= MAX_INT4) return id
  throw new InvalidArgumentError(`expected a whole number from 1 to ${MAX_INT4}`)
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
