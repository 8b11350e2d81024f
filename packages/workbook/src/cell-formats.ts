import { readXml } from './parse-xml.ts'

/** How the number of a cell is shown, as far as it decides what the cell says. */
export interface CellFormat {
  readonly isDate: boolean
  /** Of a format of zeros only, such as 000000: how many digits are shown at least. */
  readonly minDigits: number
}

const GENERAL: CellFormat = { isDate: false, minDigits: 0 }

/** Formats that every workbook has and none declares (ECMA-376 part 1, 18.8.30), those of the Far East included. */
function isBuiltInDate(id: number): boolean {
  return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58)
}

/** The formats by the number that a cell's `s` names. `bytes`: the part `styles.xml`; null: there is none. */
export async function readCellFormats(bytes: AsyncIterable<Buffer> | null): Promise<(style: number) => CellFormat> {
  if (bytes === null) return () => GENERAL
  const codes = new Map<number, string>()
  const formats: CellFormat[] = []
  let isInCellFormats = false
  const handlers = {
    open(name: string, attributes: Readonly<Record<string, string>>) {
      if (name === 'numFmt') codes.set(Number(attributes['numFmtId']), attributes['formatCode'] ?? '')
      else if (name === 'cellXfs') isInCellFormats = true
      else if (name === 'xf' && isInCellFormats) formats.push(toFormat(Number(attributes['numFmtId'] ?? 0), codes))
    },
    text: () => undefined,
    close(name: string) {
      if (name === 'cellXfs') isInCellFormats = false
    },
  }
  await readXml(bytes, handlers)
  return (style) => formats[style] ?? GENERAL
}

function toFormat(id: number, codes: ReadonlyMap<number, string>): CellFormat {
  const code = codes.get(id)
  if (code === undefined) return { isDate: isBuiltInDate(id), minDigits: 0 }
  return { isDate: isDateCode(code), minDigits: /^0+$/.test(code) ? code.length : 0 }
}

/** Whether a format shows a date or a time: its letters, without quoted text, escapes, colours and conditions. */
function isDateCode(code: string): boolean {
  const [positive = ''] = code.split(';')
  const letters = positive
    .replaceAll(/"[^"]*"|\\.|_.|\*./g, '')
    .replaceAll(/\[(?!h+\]|m+\]|s+\])[^\]]*\]/gi, '')
    .replaceAll(/General|E[+-]/gi, '')
  return /[ymdhs]/i.test(letters)
}
