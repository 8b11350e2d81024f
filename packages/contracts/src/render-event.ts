import { describeImport, type ImportFacts } from './describe-import.ts'
import type { ImportStatus } from './import-state.ts'
import { IMPORT_EVENT_TYPES, TEST_EVENT_TYPE, type ImportEventType } from './webhooks.ts'

/** Standard Webhooks recommends payloads below 20 kB. */
const MAX_EVENT_BYTES = 20_000
const SHORT_TEXT = 255
/** Longer corrections are never sent: whoever made them knows them, and the import has them. */
const MAX_CORRECTIONS_CHARACTERS = 2_000

/** The event that an import's present state is; undefined while it has not ended. */
export function importEventType(status: ImportStatus): ImportEventType | undefined {
  return IMPORT_EVENT_TYPES.find((type) => type === `import.${status}`)
}

/**
 * The body that notifies of an import's end, under 20,000 bytes. Where an import is larger than that, what its owner noted
 * with it gives way: `metadata`, or else `details`, or else both and the file's name, and `truncated` names what is not
 * complete.
 */
export function renderImportEvent(type: ImportEventType, at: Date, record: ImportFacts, baseUrl: string): string {
  const { corrections, ...rest } = describeImport(record, baseUrl)
  const isLong = JSON.stringify(corrections).length > MAX_CORRECTIONS_CHARACTERS
  const whole = { ...rest, corrections: isLong ? null : corrections, ...(isLong ? { truncated: ['corrections'] } : {}) }
  const cut = (...names: string[]) => ({ truncated: isLong ? ['corrections', ...names] : names })
  const details = whole.details?.slice(0, SHORT_TEXT) ?? null
  const candidates: object[] = [
    whole,
    { ...whole, metadata: null, ...cut('metadata') },
    { ...whole, details, ...cut('details') },
    {
      ...whole,
      metadata: null,
      details,
      fileName: whole.fileName.slice(0, SHORT_TEXT),
      ...cut('metadata', 'details', 'fileName'),
    },
  ]
  const bodies = candidates.map((data) => JSON.stringify({ type, timestamp: at.toISOString(), data }))
  const fitting = bodies.find((body) => Buffer.byteLength(body) < MAX_EVENT_BYTES)
  if (fitting === undefined) throw new Error(`the event of import ${record.id} has more than ${MAX_EVENT_BYTES} bytes`)
  return fitting
}

export function renderTestEvent(at: Date, endpointId: number): string {
  return JSON.stringify({ type: TEST_EVENT_TYPE, timestamp: at.toISOString(), data: { endpointId } })
}
