import type { FileFormat } from '../oracle/change-format.ts'
import { Random } from '../oracle/random.ts'
import type { StorageKind } from './disturbed-storage.ts'
import type { QueueKind } from './options.ts'

/** What goes wrong in a step, by whom it concerns. */
const FAULTS = [
  'freeze-worker',
  'storage-slow',
  'kill-worker',
  'kill-all-workers',
  'stop-worker',
  'kill-intake',
  'worker-clock',
  'database-reset',
  'database-slow',
  'database-silent',
  'database-restart',
  'queue-reset',
  'queue-slow',
  'queue-flush',
  'queue-restart',
  'storage-refuses',
  'storage-truncates',
  'storage-silent',
  'disk-full',
  'disk-away',
] as const
export type FaultKind = (typeof FAULTS)[number]

/** With the queue in the database there is no way to it that could be disturbed by itself. */
const OF_REDIS_ALONE: ReadonlySet<FaultKind> = new Set(['queue-reset', 'queue-slow', 'queue-restart'])
const OF_S3_ALONE: ReadonlySet<FaultKind> = new Set([
  'storage-slow',
  'storage-refuses',
  'storage-truncates',
  'storage-silent',
])
const OF_A_FOLDER_ALONE: ReadonlySet<FaultKind> = new Set(['disk-full', 'disk-away'])
const WITH_ANOTHER_UPLOAD: ReadonlySet<FaultKind> = new Set(['storage-slow', 'disk-full', 'disk-away'])
/** Those that any run has to meet. */
const FIRST: ReadonlySet<FaultKind> = new Set(['freeze-worker', 'storage-slow'])

export interface DrawnUpload {
  /** Of the generated case. */
  readonly caseSeed: number
  readonly rows: number
  /** The same file so often at once, at one intake and another. */
  readonly copies: number
  /** Half of the first copy is sent before it is sent as a whole, under the same Idempotency-Key. */
  readonly isTorn: boolean
  readonly action: 'none' | 'cancel-and-resume' | 'revert'
  readonly format: FileFormat
  readonly api: 'native' | 'compatible'
  /** All copies are dry runs, and the file is imported behind them. */
  readonly isDryRun: boolean
  /** One import of it is deleted amid the next fault, where it is none of a dry run and not reverted. */
  readonly isDeleted: boolean
}

export interface Step {
  readonly number: number
  readonly fault: FaultKind
  readonly uploads: readonly DrawnUpload[]
  /** One more, which is sent while the storage takes no file or is slow, and again when it is as before. */
  readonly late: DrawnUpload | null
  /** Whether the fault concerns the worker that holds the first import, and not any. */
  readonly hitsHolder: boolean
  /** Which of several processes it concerns else. */
  readonly victim: number
  readonly lastsMs: number
  readonly clockOffsetMs: number
}

/** Such that a short run meets what it is for: nobody but another worker takes the import away, and copies compete for its rows. */
function certain(upload: DrawnUpload): DrawnUpload {
  return { ...upload, copies: 3, isTorn: true, action: 'none', isDryRun: false }
}

/**
 * The steps of a run, without end, and the same for the same seed. Each fault comes once before any comes again; a frozen worker is
 * the first, as it alone makes sure that somebody comes back to an import that he has lost, and a slow S3 the second where there is one.
 */
export function* drawSteps(seed: number, queue: QueueKind, storage: StorageKind): Generator<Step, never, void> {
  const random = new Random(seed * 2 + (queue === 'redis' ? 0 : 1))
  const faults = FAULTS.filter(
    (fault) =>
      (queue === 'redis' || !OF_REDIS_ALONE.has(fault)) &&
      !(storage === 's3' ? OF_A_FOLDER_ALONE : OF_S3_ALONE).has(fault),
  )
  const formats = deal(random, ['csv', 'csv', 'gzip', 'workbook'] as const)
  const apis = deal(random, ['native', 'native', 'compatible'] as const)
  const dryRuns = deal(random, [false, false, true])
  const deletions = deal(random, [true, false])
  // Each case of a database has ids of its own.
  let caseSeed = (seed % 9) * 10_000
  let number = 0
  for (;;) {
    const first = faults.filter((fault) => FIRST.has(fault))
    const others = faults.filter((fault) => !FIRST.has(fault))
    for (const fault of [...first, ...random.shuffle(others)]) {
      number += 1
      const drawUpload = (): DrawnUpload => {
        caseSeed += 1
        const copies = random.pick([1, 1, 2, 3])
        const isDryRun = dryRuns.next().value
        return {
          caseSeed,
          rows: random.whole(100, 400),
          copies,
          isTorn: random.chance(0.4),
          // What one copy gives back another one may take: then nobody can know what is whose. A dry run has nothing to give back.
          action:
            copies > 1 || isDryRun
              ? random.pick(['none', 'cancel-and-resume'])
              : random.pick(['none', 'cancel-and-resume', 'revert']),
          format: formats.next().value,
          // The compatible API knows no dry runs.
          api: isDryRun ? 'native' : apis.next().value,
          isDryRun,
          isDeleted: deletions.next().value,
        }
      }
      const uploads = Array.from({ length: random.whole(1, 2) }, drawUpload)
      const sent = WITH_ANOTHER_UPLOAD.has(fault)
        ? { ...drawUpload(), copies: 1, isTorn: false, action: 'none' as const }
        : null
      // Packed it might find the space that a full disk has left.
      const late = sent !== null && OF_A_FOLDER_ALONE.has(fault) ? { ...sent, format: 'csv' as const } : sent
      yield {
        number,
        fault,
        uploads: fault === 'freeze-worker' ? uploads.map(certain) : uploads,
        late,
        hitsHolder: random.chance(0.8) || fault === 'freeze-worker',
        victim: random.whole(0, 2),
        lastsMs: random.whole(200, 2_500),
        clockOffsetMs: random.pick([-90_000, -15_000, 15_000, 90_000]),
      }
    }
  }
}

/** Each once in random order before any comes again, so that a short run has all of them. */
function* deal<Item>(random: Random, items: readonly Item[]): Generator<Item, never, void> {
  for (;;) yield* random.shuffle(items)
}
