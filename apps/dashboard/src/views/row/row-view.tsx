import { RequestError } from '@importer/client'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'

import { client, type AnswerOf } from '../../api/client.ts'
import { makeCurl } from '../../api/make-curl.ts'
import { Advice } from '../../design/advice.tsx'
import { Button, ButtonLink } from '../../design/button.tsx'
import { CardTable } from '../../design/card-table.tsx'
import { CurlDisclosure } from '../../design/copy-block.tsx'
import styles from '../../design/design.module.css'
import { joinNames } from '../../design/join-names.ts'
import { Facts, Page, Panel } from '../../design/layout.tsx'
import { Badge, Empty, ErrorNote, Loading, Note } from '../../design/notes.tsx'
import { RowLink } from '../../design/row-link.tsx'
import { Time } from '../../design/time.tsx'
import { formatCount, formatNumber } from '../../format/numbers.ts'
import { beginSentence, wordCode, wordColumn, type Worded } from '../../format/words.ts'
import { Freshness } from '../../live/freshness.tsx'
import { useSession } from '../../session/session.tsx'
import { CorrectDialog, type Fault } from '../import/correct-dialog.tsx'
import { useCorrections } from '../import/corrections.ts'

type Row = AnswerOf<'explainRow'>

const OUTCOMES: Readonly<Record<Row['outcome'], Worded>> = {
  inserted: { text: 'Inserted', tone: 'good' },
  duplicate: { text: 'Duplicate: recorded before', tone: 'busy' },
  rejected: { text: 'Rejected', tone: 'bad' },
  unprocessed: { text: 'Never processed', tone: 'warn' },
  reverted: { text: 'Reverted', tone: 'quiet' },
}

interface RowViewProps {
  readonly importId: string
  readonly rowNumber: string
}

/** One row explained: what stands in the file, how it was read, what is wrong, and what stands in the way. */
export function RowView({ importId, rowNumber }: RowViewProps) {
  const call = { importId, rowNumber }
  const query = useQuery({
    queryKey: ['row', importId, rowNumber],
    queryFn: async ({ signal }) => client.explainRow(call, { signal }),
  })
  const row = query.data
  const isMissing = query.error instanceof RequestError && [400, 404].includes(query.error.status ?? 0)
  const number = Number(rowNumber)
  return (
    <Page
      title={`Row ${Number.isSafeInteger(number) ? formatCount(number) : rowNumber}`}
      lead={
        <span className={styles.row}>
          <span>
            of <Link href={`/imports/${importId}`}>import {importId}</Link>
            {row !== undefined && `, on line ${formatCount(row.line)} of the file`}
          </span>
          {row !== undefined && <Badge tone={OUTCOMES[row.outcome].tone}>{OUTCOMES[row.outcome].text}</Badge>}
          <Freshness query={query} />
        </span>
      }
      actions={
        <>
          {number > 1 && <ButtonLink href={`/imports/${importId}/rows/${number - 1}`}>Row before</ButtonLink>}
          <ButtonLink href={`/imports/${importId}/rows/${number + 1}`}>Next row</ButtonLink>
        </>
      }
    >
      {query.isPending && <Loading what="the row" />}
      {isMissing && (
        <Empty title="There is no such row.">
          <p>The file has fewer rows, or it is no longer stored.</p>
          <ButtonLink href={`/imports/${importId}`}>Back to the import</ButtonLink>
        </Empty>
      )}
      {query.isError && !isMissing && <ErrorNote error={query.error} onRetry={query.refetch} />}
      {row !== undefined && <Explained importId={importId} row={row} />}
      <CurlDisclosure command={makeCurl('explainRow', call)} />
    </Page>
  )
}

function Explained({ importId, row }: { readonly importId: string; readonly row: Row }) {
  const { may } = useSession()
  const [fault, setFault] = useState<Fault | null>(null)
  const { corrections, add } = useCorrections(importId)
  const mayCorrect = may('write') && row.outcome === 'rejected'
  const isLeftOut = corrections.some((one) => 'drop' in one && one.rowNumber === row.rowNumber)
  return (
    <>
      {row.errors.map((error) => (
        <Note key={`${error.code}/${error.column ?? ''}`} tone="bad">
          <p>
            <strong>{wordCode(error.code)}.</strong>{' '}
            <span className={styles.value}>{beginSentence(error.message)}</span>
          </p>
          <p>
            <Advice text={error.cause} />
          </p>
          <p>
            <Advice text={error.remedy} />
          </p>
          {mayCorrect && error.column !== null && (
            <span>
              <Button
                isSmall
                onClick={() => setFault({ ...error, rowNumber: row.rowNumber, column: error.column ?? '' })}
              >
                Correct
              </Button>
            </span>
          )}
        </Note>
      ))}
      {mayCorrect && !isLeftOut && (
        <div>
          <Button isSmall onClick={() => add({ rowNumber: row.rowNumber, drop: true })}>
            Leave out
          </Button>
        </div>
      )}
      {corrections.length > 0 && (
        <Note tone="good" action={<ButtonLink href={`/imports/${importId}`}>Go to the corrections</ButtonLink>}>
          <p>{formatNumber(corrections.length, 'correction')} of this import not imported yet.</p>
        </Note>
      )}
      <Panel title="Cells">
        <Cells row={row} />
      </Panel>
      <Context context={row.context} outcome={row.outcome} />
      <Panel title="As it stands in the file">
        <pre className={styles.code} role="region" tabIndex={0} aria-label="The row as it stands in the file">
          {row.raw}
        </pre>
      </Panel>
      {fault !== null && <CorrectDialog fault={fault} onCorrect={add} onClose={() => setFault(null)} />}
    </>
  )
}

function Cells({ row }: { readonly row: Row }) {
  const wrong = new Set(row.errors.map(({ column }) => column))
  if (row.cells.length === 0) return <p className={styles.quiet}>This row could not be split into cells.</p>
  return (
    <CardTable
      label="Cells of the row"
      rows={row.cells}
      keyOf={({ position }) => position}
      columns={[
        {
          name: 'Column',
          className: styles.value,
          isHead: true,
          renderCell: ({ position, name }) => name ?? `Column ${position + 1}`,
        },
        {
          name: 'Means',
          renderCell: ({ key }) =>
            key === null ? <span className={styles.quiet}>not imported</span> : wordColumn(key),
        },
        {
          name: 'In the file',
          className: joinNames(styles.value, styles.cell),
          renderCell: ({ key, value }) => {
            const isWrong = key !== null && wrong.has(key)
            return (
              <span className={isWrong ? styles.wrong : undefined}>{isWrong && value === '' ? '(empty)' : value}</span>
            )
          },
        },
        {
          name: 'Read as',
          className: joinNames(styles.value, styles.cell),
          renderCell: ({ key, value, read }) => <Reading columnKey={key} value={value} read={read} />,
        },
      ]}
    />
  )
}

interface ReadingProps {
  readonly columnKey: Row['cells'][number]['key']
  readonly value: string
  readonly read: string | null
}

/** How a cell was read: a date as the page shows dates, and of a code that its case does not count. */
function Reading({ columnKey, value, read }: ReadingProps) {
  if (read === null) return <span className={styles.quiet}>{columnKey === null ? '' : 'not at all'}</span>
  if (columnKey === 'redeemedDateInMillis') return <Time at={read} />
  const isOtherCase = columnKey === 'couponCode' && read !== value && read === value.trim().toLowerCase()
  return (
    <>
      {isOtherCase ? value.trim() : read}
      {isOtherCase && <div className={styles.hint}>in capitals or not</div>}
    </>
  )
}

function Context({ context, outcome }: Pick<Row, 'context' | 'outcome'>) {
  const { redemptions, series, coupon } = context
  return (
    <>
      {redemptions.length > 0 && (
        <Panel title={outcome === 'inserted' ? 'What was recorded' : 'What stands in the way'}>
          <CardTable
            label="Redemptions"
            rows={redemptions}
            keyOf={({ importId, rowNumber }) => `${importId}/${rowNumber}`}
            columns={[
              { name: 'Redeemed', renderCell: ({ redeemedAt }) => <Time at={redeemedAt} /> },
              { name: 'Till', renderCell: ({ tillId }) => tillId },
              { name: 'Customer', renderCell: ({ customerId }) => customerId },
              { name: 'Coupon', renderCell: ({ couponId }) => couponId },
              { name: 'From', renderCell: (redemption) => <RowLink {...redemption} /> },
            ]}
          />
        </Panel>
      )}
      {series !== null && (
        <Panel title={`Series ${series.id}`}>
          <Facts
            facts={[
              { name: 'Name', value: series.name ?? '–' },
              { name: 'Valid from', value: series.validFrom === null ? 'ever' : <Time at={series.validFrom} /> },
              { name: 'Valid until', value: series.validTill === null ? 'for ever' : <Time at={series.validTill} /> },
            ]}
          />
        </Panel>
      )}
      {coupon !== null && (
        <Panel title={`Coupon ${coupon.id}`}>
          <Facts
            facts={[
              { name: 'Code', value: <span className={styles.value}>{coupon.code}</span> },
              { name: 'Series', value: coupon.seriesId },
              { name: 'Issued to', value: coupon.customerId === null ? 'anybody' : `customer ${coupon.customerId}` },
              { name: 'Ends', value: coupon.expiresAt === null ? 'never' : <Time at={coupon.expiresAt} /> },
            ]}
          />
        </Panel>
      )}
    </>
  )
}
