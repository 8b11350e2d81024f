import 'uplot/dist/uPlot.min.css'

import { useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'

import { Panel } from '../../design/layout.tsx'
import { formatCount } from '../../format/numbers.ts'
import own from './import.module.css'
import type { ImportView } from '../../api/client.ts'

interface Sample {
  readonly atSeconds: number
  readonly inserted: number
  readonly duplicates: number
  readonly rejected: number
}

const HEIGHT_PX = 200
/** More would be drawn on top of each other. */
const MOST_SAMPLES = 1_200
const PARTS = ['inserted', 'duplicates', 'rejected'] as const
const COLORS = { inserted: '--good', duplicates: '--busy', rejected: '--bad' } as const

/** Rows over time by outcome: what was seen while this page watched, between the start and now. */
export function OutcomeChart({ view }: { readonly view: ImportView }) {
  const samples = useSamples(view)
  const [isDark, setDark] = useState(() => window.matchMedia('(prefers-color-scheme: dark)').matches)

  useEffect(() => {
    const media = window.matchMedia('(prefers-color-scheme: dark)')
    const onTheme = (): void => setDark(media.matches)
    media.addEventListener('change', onTheme)
    return () => media.removeEventListener('change', onTheme)
  }, [])

  // Of an import that was over before, there is nothing to see but its end: the counts say that.
  if (samples.length < 3) return null
  // Its colours are those of the theme: another theme is another chart.
  return <Chart key={String(isDark)} samples={samples} />
}

function Chart({ samples }: { readonly samples: readonly Sample[] }) {
  const frame = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const element = frame.current
    if (element === null) return undefined
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  useEffect(() => {
    const element = frame.current
    if (element === null || width === 0) return undefined
    const chart = new uPlot(makeOptions(element, width), stack(samples), element)
    return () => chart.destroy()
  }, [samples, width])

  const last = samples.at(-1)
  return (
    <Panel title="Rows over time">
      <div
        ref={frame}
        className={own.chart}
        role="img"
        aria-label={`Rows over time: ${PARTS.map((part) => `${formatCount(last?.[part] ?? 0)} ${part}`).join(', ')}`}
      />
      <div className={own.legend} aria-hidden="true">
        {PARTS.map((part) => (
          <span key={part} data-part={part}>
            {part}
          </span>
        ))}
      </div>
    </Panel>
  )
}

/** What was seen before is nowhere else: it is added to, whenever the server reported something new. */
function useSamples(view: ImportView): readonly Sample[] {
  const { startedAt, finishedAt, updatedAt, counts } = view
  const sampledAt = finishedAt ?? updatedAt
  const [seen, setSeen] = useState<{ sampledAt: string | null; samples: readonly Sample[] }>({
    sampledAt: null,
    samples: [],
  })
  if (startedAt !== null && seen.sampledAt !== sampledAt) {
    const { inserted, duplicates, rejected } = counts
    const atSeconds = Math.max(0, (Date.parse(sampledAt) - Date.parse(startedAt)) / 1_000)
    setSeen({ sampledAt, samples: addSample(seen.samples, { atSeconds, inserted, duplicates, rejected }) })
  }
  return seen.samples
}

function addSample(known: readonly Sample[], sample: Sample): readonly Sample[] {
  const before = known.length === 0 ? [{ atSeconds: 0, inserted: 0, duplicates: 0, rejected: 0 }] : known
  const past = before.filter(({ atSeconds }) => atSeconds < sample.atSeconds)
  const thinned = past.length > MOST_SAMPLES ? past.filter((_sample, index) => index % 2 === 0) : past
  return [...thinned, sample]
}

/** One above the other: rejected at the bottom, inserted at the top. */
function stack(samples: readonly Sample[]): uPlot.AlignedData {
  return [
    samples.map(({ atSeconds }) => atSeconds),
    samples.map(({ inserted, duplicates, rejected }) => inserted + duplicates + rejected),
    samples.map(({ duplicates, rejected }) => duplicates + rejected),
    samples.map(({ rejected }) => rejected),
  ]
}

function makeOptions(element: HTMLElement, width: number): uPlot.Options {
  const style = getComputedStyle(element)
  const color = (name: string): string => style.getPropertyValue(name).trim()
  const axis = {
    stroke: color('--quiet'),
    grid: { stroke: color('--line'), width: 1 },
    ticks: { stroke: color('--line'), width: 1 },
    font: `12px ${style.fontFamily}`,
  }
  return {
    width,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: { range: (_chart, _min, max) => [0, Math.max(1, max)] } },
    axes: [
      { ...axis, space: 90, values: (_chart, ticks) => ticks.map((tick) => `${tick} s`) },
      { ...axis, size: 70, values: (_chart, ticks) => ticks.map((tick) => formatCount(tick)) },
    ],
    series: [
      {},
      ...PARTS.map((part) => ({
        stroke: color(COLORS[part]),
        fill: color(COLORS[part]),
        width: 1,
        points: { show: false },
      })),
    ],
  }
}
