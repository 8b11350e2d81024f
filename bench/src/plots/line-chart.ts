import { drawDot, drawLine, drawPicture, drawText } from './svg.ts'

export interface Series {
  readonly name: string
  readonly color: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface LineChart {
  readonly title: string
  readonly xTitle: string
  readonly yTitle: string
  /** Sizes of files are always logarithmic. */
  readonly yScale: 'linear' | 'logarithmic'
  readonly series: readonly Series[]
}

const SIZE = { width: 720, height: 380 }
const PLOT = { left: 80, right: 560, top: 44, bottom: 320 }
const TICK_COLOR = '#e4e4e4'

/** Lines with dots over the size of the file. */
export function drawLineChart({ title, xTitle, yTitle, yScale, series }: LineChart): string {
  const points = series.flatMap((one) => one.points)
  const x = createScale(
    'logarithmic',
    points.map(([value]) => value),
    PLOT.left,
    PLOT.right,
  )
  const y = createScale(
    yScale,
    points.map(([, value]) => value),
    PLOT.bottom,
    PLOT.top,
  )
  const parts = [drawText(PLOT.left, 24, title, { size: 15 })]
  for (const tick of x.ticks) {
    parts.push(
      drawLine(
        [
          [x.place(tick), PLOT.top],
          [x.place(tick), PLOT.bottom],
        ],
        TICK_COLOR,
      ),
    )
    parts.push(drawText(x.place(tick), PLOT.bottom + 18, formatNumber(tick), { anchor: 'middle' }))
  }
  for (const tick of y.ticks) {
    parts.push(
      drawLine(
        [
          [PLOT.left, y.place(tick)],
          [PLOT.right, y.place(tick)],
        ],
        TICK_COLOR,
      ),
    )
    parts.push(drawText(PLOT.left - 8, y.place(tick) + 4, formatNumber(tick), { anchor: 'end' }))
  }
  parts.push(drawText((PLOT.left + PLOT.right) / 2, PLOT.bottom + 42, xTitle, { anchor: 'middle' }))
  parts.push(drawText(PLOT.left, PLOT.top - 8, yTitle, { size: 11, color: '#777' }))
  series.forEach(({ name, color, points: own }, index) => {
    const placed = own.toSorted((a, b) => a[0] - b[0]).map(([px, py]): [number, number] => [x.place(px), y.place(py)])
    parts.push(drawLine(placed, color))
    for (const [px, py] of placed) parts.push(drawDot(px, py, color))
    parts.push(drawDot(PLOT.right + 20, PLOT.top + index * 22, color))
    parts.push(drawText(PLOT.right + 30, PLOT.top + 4 + index * 22, name))
  })
  return drawPicture(SIZE.width, SIZE.height, title, parts)
}

interface Scale {
  readonly ticks: readonly number[]
  place(value: number): number
}

function createScale(kind: 'linear' | 'logarithmic', values: readonly number[], from: number, to: number): Scale {
  const largest = Math.max(...values, 1)
  if (kind === 'linear') {
    const step = chooseStep(largest)
    const top = Math.ceil(largest / step) * step
    const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step)
    return { ticks, place: (value) => from + (value / top) * (to - from) }
  }
  const low = Math.floor(Math.log10(Math.max(1, Math.min(...values))))
  const high = Math.max(low + 1, Math.ceil(Math.log10(largest)))
  return {
    ticks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)),
    place: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
  }
}

/** A round number of which a handful make the whole. */
function chooseStep(largest: number): number {
  const power = 10 ** Math.floor(Math.log10(largest))
  return [power / 5, power / 2, power, power * 2].find((step) => largest / step <= 6) ?? power
}

function formatNumber(value: number): string {
  if (value >= 1e6) return `${value / 1e6} M`
  return value >= 1e3 ? `${value / 1e3} k` : String(value)
}
