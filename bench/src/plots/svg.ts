/** A number as a coordinate. */
function at(value: number): string {
  return value.toFixed(1)
}

export interface TextOptions {
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly size?: number
  readonly color?: string
}

export function drawText(x: number, y: number, text: string, options: TextOptions = {}): string {
  const { anchor = 'start', size = 12, color = '#333' } = options
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${at(x)}" y="${at(y)}" font-size="${size}" text-anchor="${anchor}" fill="${color}">${escaped}</text>`
}

export function drawLine(points: readonly (readonly [number, number])[], color: string, dash = ''): string {
  const path = points.map(([x, y]) => `${at(x)},${at(y)}`).join(' ')
  return `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="1.5" stroke-dasharray="${dash}"/>`
}

export function drawDot(x: number, y: number, color: string): string {
  return `<circle cx="${at(x)}" cy="${at(y)}" r="3.5" fill="${color}"/>`
}

export function drawBox(x: number, y: number, width: number, height: number, color: string): string {
  return `<rect x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}" fill="${color}"/>`
}

/** A whole picture, on white, whatever the page behind it. */
export function drawPicture(width: number, height: number, title: string, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" role="img">`,
    `<title>${title.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</title>`,
    drawBox(0, 0, width, height, '#fff'),
    ...parts,
    '</svg>',
    '',
  ].join('\n')
}
