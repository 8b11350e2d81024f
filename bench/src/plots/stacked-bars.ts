import { drawBox, drawPicture, drawText } from './svg.ts'

export interface Bar {
  readonly name: string
  readonly parts: readonly { readonly name: string; readonly value: number }[]
}

export interface StackedBars {
  readonly title: string
  readonly unit: string
  readonly bars: readonly Bar[]
}

const WIDTH = 720
const LEFT = 150
const RIGHT = 690
const BAR_HEIGHT = 34
const BAR_STEP = 92
const COLORS = ['#2f6fb0', '#e08a1e', '#4a9b5b', '#b9473f', '#c9c9c9', '#8a63a8']
const LEGEND_COLUMN = 180
const LEGEND_COLUMNS = 3

/** Horizontal bars on one scale, each with its own legend below it. */
export function drawStackedBars({ title, unit, bars }: StackedBars): string {
  const totals = bars.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0))
  const scale = (RIGHT - LEFT) / Math.max(...totals, Number.MIN_VALUE)
  const drawn = [drawText(LEFT, 24, title, { size: 15 })]
  bars.forEach(({ name, parts }, index) => {
    const top = 44 + index * BAR_STEP
    drawn.push(drawText(LEFT - 10, top + BAR_HEIGHT / 2 + 4, name, { anchor: 'end' }))
    let left = LEFT
    parts.forEach((part, place) => {
      const color = COLORS[place % COLORS.length] ?? '#000'
      drawn.push(drawBox(left, top, part.value * scale, BAR_HEIGHT, color))
      left += part.value * scale
      const x = LEFT + (place % LEGEND_COLUMNS) * LEGEND_COLUMN
      const y = top + BAR_HEIGHT + 18 + Math.floor(place / LEGEND_COLUMNS) * 18
      drawn.push(drawBox(x, y - 9, 10, 10, color))
      drawn.push(drawText(x + 15, y, `${part.name}: ${part.value.toFixed(2)} ${unit}`, { size: 11 }))
    })
  })
  return drawPicture(WIDTH, 44 + bars.length * BAR_STEP, title, drawn)
}
