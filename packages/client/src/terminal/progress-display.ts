import type { Writable } from 'node:stream'

import cliProgress from 'cli-progress'

import type { ImportView } from '../operation-types.ts'

export interface ProgressDisplay {
  update(view: ImportView): void
  /** Leaves the last state on the screen. */
  stop(): void
}

const LINE_EVERY_MS = 2_000
const STEPS = 1_000

/** Shows how far an import is: a bar that moves on a terminal, elsewhere a plain line every two seconds. */
export function createProgressDisplay(stream: Writable & { readonly isTTY?: boolean }): ProgressDisplay {
  return stream.isTTY === true ? createBar(stream) : createLines(stream)
}

function createBar(stream: Writable): ProgressDisplay {
  const bar = new cliProgress.SingleBar({
    stream,
    hideCursor: true,
    format: (options, { progress }, { text }: { text: string }) =>
      `${cliProgress.Format.BarFormat(progress, options)} ${text}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
  })
  bar.start(STEPS, 0, { text: 'queued' })
  return {
    update: (view) => bar.update(Math.round((view.progress.percent / 100) * STEPS), { text: describeProgress(view) }),
    stop: () => bar.stop(),
  }
}

function createLines(stream: Writable): ProgressDisplay {
  let shownAt = Number.NEGATIVE_INFINITY
  let last = ''
  const show = (line: string): void => {
    if (line === last) return
    last = line
    shownAt = performance.now()
    stream.write(`${line}\n`)
  }
  let latest: ImportView | null = null
  return {
    update(view) {
      latest = view
      if (performance.now() - shownAt >= LINE_EVERY_MS) show(describeProgress(view))
    },
    stop() {
      if (latest !== null) show(describeProgress(latest))
    },
  }
}

/** Such as `42.0 %  42,000 rows  31,000 rows/s  2 s left`. */
function describeProgress({ status, progress: { percent, rowsRead, rowsPerSecond, etaSeconds } }: ImportView): string {
  if (status === 'queued') return 'queued'
  const parts = [`${percent.toFixed(1)} %`, `${format(rowsRead)} rows`, `${format(rowsPerSecond)} rows/s`]
  if (status === 'processing' && etaSeconds !== null) parts.push(`${format(etaSeconds)} s left`)
  return parts.join('  ')
}

function format(value: number): string {
  return value.toLocaleString('en-US')
}
