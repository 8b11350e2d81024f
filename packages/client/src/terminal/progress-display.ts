import type { Writable } from 'node:stream'

import cliProgress from 'cli-progress'

import type { ImportView } from '../operation-types.ts'

export interface ProgressDisplay {
  update(view: ImportView): void
  /** Leaves the last state on the screen. */
  stop(): void
}

/** How far a file is on its way: in bytes. */
export interface TransferDisplay {
  update(bytes: number): void
  stop(): void
}

type Screen = Writable & { readonly isTTY?: boolean }

const FIRST_LINE_AFTER_MS = 2_000
/** Each line waits a little longer than the one before, so that a log of hours stays short. */
const LONGER_EACH_TIME = 1.2
const LONGEST_PAUSE_MS = 60_000
const STEPS = 1_000

/** Shows how far an import is: a bar that moves on a terminal, elsewhere plain lines, ever more rarely. */
export function createProgressDisplay(stream: Screen): ProgressDisplay {
  if (stream.isTTY !== true) {
    const lines = createLines(stream, { showFirst: true })
    return { update: (view) => lines.update(describeProgress(view)), stop: () => lines.stop() }
  }
  const bar = createBar(stream, 'queued')
  return {
    update: (view) => bar.update(Math.round((view.progress.percent / 100) * STEPS), { text: describeProgress(view) }),
    stop: () => bar.stop(),
  }
}

/** Shows how much of a file is sent. What is sent within two seconds leaves no line where there is no terminal. */
export function createTransferDisplay(stream: Screen, totalBytes: number): TransferDisplay {
  const describe = (bytes: number): string => `${formatBytes(bytes)} of ${formatBytes(totalBytes)} sent`
  if (stream.isTTY !== true) {
    const lines = createLines(stream, { showFirst: false })
    return { update: (bytes) => lines.update(describe(bytes)), stop: () => undefined }
  }
  const bar = createBar(stream, describe(0))
  return {
    update: (bytes) =>
      bar.update(totalBytes === 0 ? STEPS : Math.round((bytes / totalBytes) * STEPS), { text: describe(bytes) }),
    stop: () => bar.stop(),
  }
}

function createBar(stream: Screen, text: string): cliProgress.SingleBar {
  const bar = new cliProgress.SingleBar({
    stream,
    hideCursor: true,
    format: (options, { progress }, { text: words }: { text: string }) =>
      `${cliProgress.Format.BarFormat(progress, options)} ${words}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
  })
  bar.start(STEPS, 0, { text })
  return bar
}

function createLines(stream: Screen, { showFirst }: { readonly showFirst: boolean }) {
  let pauseMs = FIRST_LINE_AFTER_MS
  let shownAt = showFirst ? Number.NEGATIVE_INFINITY : performance.now()
  let last = ''
  let latest: string | null = null
  const show = (line: string): void => {
    if (line === last) return
    last = line
    shownAt = performance.now()
    stream.write(`${line}\n`)
  }
  return {
    update(line: string) {
      latest = line
      if (performance.now() - shownAt < pauseMs) return
      show(line)
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * LONGER_EACH_TIME)
    },
    stop() {
      if (latest !== null) show(latest)
    },
  }
}

/** Such as `42.0 %  42,000 rows  31,000 rows/s  2 s left`. */
function describeProgress({ status, progress: { percent, rowsRead, rowsPerSecond, etaSeconds } }: ImportView): string {
  if (status === 'queued') return 'queued'
  const parts = [`${percent.toFixed(1)} %`, `${format(rowsRead)} rows`]
  if (rowsPerSecond !== null) parts.push(`${format(rowsPerSecond)} rows/s`)
  if (status === 'processing' && etaSeconds !== null) parts.push(`${format(etaSeconds)} s left`)
  return parts.join('  ')
}

function format(value: number): string {
  return value.toLocaleString('en-US')
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB']

/** Such as `512 bytes`, `1.5 MB`: by thousands, as disks count. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1_000 && unit < UNITS.length - 1) {
    value /= 1_000
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit] ?? ''}`
}
