import { useSyncExternalStore } from 'react'
import type { Correction } from '@importer/contracts'

interface Fault {
  readonly rowNumber: number
  readonly column: string | null
  readonly value: string
}

const NONE: readonly Correction[] = []
const listeners = new Set<() => void>()
const byImport = new Map<string, readonly Correction[]>()

function change(importId: string, corrections: readonly Correction[]): void {
  if (corrections.length === 0) byImport.delete(importId)
  else byImport.set(importId, corrections)
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Whoever leaves the page with corrections that are not sent is asked first. */
window.addEventListener('beforeunload', (event) => {
  if (byImport.size > 0) event.preventDefault()
})

/** What somebody has corrected of an import and not yet sent. Views share it; a reload forgets it. */
export function useCorrections(importId: string) {
  const corrections = useSyncExternalStore(subscribe, () => byImport.get(importId) ?? NONE)
  return {
    corrections,
    add: (added: Correction) => change(importId, [...corrections.filter((one) => !isReplaced(one, added)), added]),
    remove: (removed: Correction) =>
      change(
        importId,
        corrections.filter((one) => one !== removed),
      ),
    clear: () => change(importId, NONE),
  }
}

/** Signing out leaves nothing behind. */
export function forgetCorrections(): void {
  byImport.clear()
  for (const listener of listeners) listener()
}

/** Of the same cells only the latest counts. */
function isReplaced(old: Correction, added: Correction): boolean {
  if ('from' in old && 'from' in added) return old.column === added.column && old.from === added.from
  if (!('rowNumber' in old) || !('rowNumber' in added) || old.rowNumber !== added.rowNumber) return false
  if ('drop' in added) return true
  return 'drop' in old || ('column' in old && old.column === added.column)
}

/** What becomes of a cell; those of one row count after those of a value, as the importer applies them. */
export function findCorrection(
  corrections: readonly Correction[],
  { rowNumber, column, value }: Fault,
): Correction | null {
  const ofRow = corrections.findLast(
    (one) => 'rowNumber' in one && one.rowNumber === rowNumber && ('drop' in one || one.column === column),
  )
  if (ofRow !== undefined) return ofRow
  return corrections.findLast((one) => 'from' in one && one.column === column && one.from === value) ?? null
}
