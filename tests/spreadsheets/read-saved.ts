import { Readable } from 'node:stream'

import { readWorkbook, type WorkbookRow } from '../../packages/workbook/src/index.ts'

/** A cell as LibreOffice takes it. */
export interface TakenCell {
  readonly type: string | undefined
  /** Of a number, a date, a time or a truth. */
  readonly value: string
  readonly shown: string
}

/** The rows of a workbook as the importer reads them. */
export async function readRows(content: Uint8Array): Promise<WorkbookRow[]> {
  const bytes = Buffer.from(content)
  const source = { bytes: bytes.length, read: (from: number, to: number) => Readable.from([bytes.subarray(from, to)]) }
  const rows: WorkbookRow[] = []
  for await (const some of readWorkbook(source, { maxUnpackedBytes: 2 ** 24, showDate: (local) => local }))
    rows.push(...some)
  return rows
}

const MOST_REPEATED = 100

/** The cells of a flat OpenDocument file, row by row, from its first row on. */
export function readCells(content: Uint8Array | undefined): TakenCell[][] {
  const document = Buffer.from(content ?? []).toString()
  const table = document.slice(document.indexOf('<table:table '))
  return [...table.matchAll(/<table:table-row(?<of>[^>]*)>(?<inside>.*?)<\/table:table-row>/gs)].flatMap(
    ({ groups }) => {
      const { of = '', inside = '' } = groups ?? {}
      return repeat(of, readRow(inside))
    },
  )
}

function readRow(inside: string): TakenCell[] {
  const cells = inside.matchAll(/<table:table-cell(?<of>[^>]*?)(?:\/>|>(?<text>.*?)<\/table:table-cell>)/gs)
  return [...cells].flatMap(({ groups }) => {
    const { of = '', text = '' } = groups ?? {}
    const type = /office:value-type="(\w+)"/.exec(of)?.[1]
    const value = /office:(?:date-|time-|boolean-)?value="([^"]*)"/.exec(of)?.[1] ?? ''
    return repeat(of, { type, value, shown: text.replaceAll(/<[^>]+>/g, '').trim() })
  })
}

function repeat<Item>(of: string, item: Item): Item[] {
  const count = Number(/table:number-(?:rows|columns)-repeated="(\d+)"/.exec(of)?.[1] ?? 1)
  return Array<Item>(Math.min(count, MOST_REPEATED)).fill(item)
}
