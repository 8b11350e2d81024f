import { GENERAL, readNumberFormat, type NumberFormat } from './number-format.ts'
import { readXml } from './parse-xml.ts'

const SHOWS_NUMBERS: NumberFormat = () => GENERAL
const DATE = { ...GENERAL, isDate: true }
const SHOWS_DATES: NumberFormat = () => DATE
const COUNTED_HOURS = 46

/** Formats that every workbook has and none declares (ECMA-376 part 1, 18.8.30), those of the Far East and of Thai included. */
function isBuiltInDate(id: number): boolean {
  return (
    (id >= 14 && id <= 22) ||
    (id >= 27 && id <= 36) ||
    id === 45 ||
    id === 47 ||
    (id >= 50 && id <= 58) ||
    (id >= 71 && id <= 81)
  )
}

/** The formats by the number that a cell's `s` names. `bytes`: the part `styles.xml`; null: there is none. */
export async function readCellFormats(bytes: AsyncIterable<Buffer> | null): Promise<(style: number) => NumberFormat> {
  if (bytes === null) return () => SHOWS_NUMBERS
  // By their ids: many styles share one.
  const declared = new Map<number, NumberFormat>([[COUNTED_HOURS, readNumberFormat('[h]:mm:ss')]])
  const formats: NumberFormat[] = []
  let isInCellFormats = false
  const formatOf = (id: number): NumberFormat => declared.get(id) ?? (isBuiltInDate(id) ? SHOWS_DATES : SHOWS_NUMBERS)
  const handlers = {
    open(name: string, attributes: Readonly<Record<string, string>>) {
      if (name === 'numFmt') {
        declared.set(Number(attributes['numFmtId']), readNumberFormat(attributes['formatCode'] ?? ''))
      } else if (name === 'cellXfs') isInCellFormats = true
      else if (name === 'xf' && isInCellFormats) formats.push(formatOf(Number(attributes['numFmtId'] ?? 0)))
    },
    text: () => undefined,
    close(name: string) {
      if (name === 'cellXfs') isInCellFormats = false
    },
  }
  await readXml(bytes, handlers)
  return (style) => formats[style] ?? SHOWS_NUMBERS
}
