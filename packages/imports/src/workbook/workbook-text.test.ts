import { HEAD_BYTES } from '@importer/csv'
import { Readable } from 'node:stream'

import { expect, it } from 'vitest'

import { makeBareWorkbook } from '../../../../tests/support/bare-workbook.ts'
import { readWorkbookHead } from './workbook-text.ts'

it('the head of a workbook with short texts is as long as an inspection wants', async () => {
  const row = `<row>${'<c t="s"><v>0</v></c>'.repeat(4)}</row>`
  const bytes = Buffer.from(
    await makeBareWorkbook(row.repeat(50_000), { 'xl/sharedStrings.xml': '<sst><si><t>a</t></si></sst>' }),
  )
  const source = {
    bytes: bytes.length,
    read: (start: number, end: number) => Readable.from([bytes.subarray(start, end)]),
  }
  const head = await readWorkbookHead({ source, mapping: {}, firstRow: 1, maxUnpackedBytes: 2 ** 30 })
  expect(head.length).toBeGreaterThan(HEAD_BYTES)
  expect(new Set(head.toString().trimEnd().split('\n'))).toEqual(new Set(['a,a,a,a']))
})
