import { ROW_ERROR_CODES, type RowErrorCode } from '@importer/contracts'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef, useState } from 'react'

import { client, type AnswerOf, type ImportView } from '../../api/client.ts'
import { Button } from '../../design/button.tsx'
import styles from '../../design/design.module.css'
import { ChoiceField, TextField } from '../../design/fields.tsx'
import { Panel } from '../../design/layout.tsx'
import { Awaited, Empty, ErrorNote, Loading } from '../../design/notes.tsx'
import { isOver, wordCode, wordColumn } from '../../format/words.ts'
import { usePages } from '../../live/pages.tsx'
import { CorrectDialog, type Fault } from './correct-dialog.tsx'
import { useCorrections } from './corrections.ts'
import own from './import.module.css'
import { RejectedRow } from './rejected-row.tsx'

export type RowError = AnswerOf<'listRowErrors'>['items'][number]

const PAGE_ROWS = 500
/** Of a row before it is measured. */
const ROW_PX = 74
const AHEAD_ROWS = 100

export interface RowFilter {
  readonly code: RowErrorCode | undefined
  readonly column: string | undefined
  readonly value: string | undefined
  readonly fromRow: string | undefined
}

interface RejectedRowsProps {
  readonly view: ImportView
  readonly filter: RowFilter
  readonly onFilter: (
    change: { [Name in keyof RowFilter]?: string | undefined },
    options?: { replace: boolean },
  ) => void
  readonly mayCorrect: boolean
}

/** Why rows were rejected, in the order of the file. However many there are, only what is seen is on the page. */
export function RejectedRows({ view, filter, onFilter, mayCorrect }: RejectedRowsProps) {
  const importId = String(view.id)
  const { code, column, value, fromRow } = filter
  const isFiltered = code !== undefined || column !== undefined || value !== undefined || fromRow !== undefined
  const { items, query } = usePages({
    queryKey: ['row-errors', importId, filter, view.status],
    load: async ({ cursor }, signal) => client.listRowErrors(callOf(importId, filter, cursor), { signal }),
    refetchOnWindowFocus: false,
    // What was rejected stays so once an import is over: hundreds of pages are not asked for again.
    ...(isOver(view) && { staleTime: Number.POSITIVE_INFINITY }),
  })
  const { hasNextPage, isFetching, isError } = query
  // It never rejects: what went wrong is in the query.
  const lookOn: () => unknown = query.fetchNextPage
  // A page may be empty and not the last: the server looks through so many rows for one page and no more.
  const isLookingOn = items.length === 0 && hasNextPage && !isError
  useEffect(() => {
    if (isLookingOn && !isFetching) lookOn()
  }, [isFetching, isLookingOn, lookOn])
  return (
    <Panel
      title="Rejected rows"
      aside={
        isFiltered && (
          <Button
            look="plain"
            isSmall
            onClick={() => onFilter({ code: undefined, column: undefined, value: undefined, fromRow: undefined })}
          >
            Show all rejected rows
          </Button>
        )
      }
    >
      <div className={styles.fields}>
        <ChoiceField
          label="Reason"
          value={code ?? ''}
          onChoice={(choice) => onFilter({ code: choice === '' ? undefined : choice })}
          choices={[
            { value: '', text: 'Any' },
            ...ROW_ERROR_CODES.filter((one) => view.errorsByCode[one] !== undefined || one === code).map((one) => ({
              value: one,
              text: wordCode(one),
            })),
          ]}
        />
        <TextField
          label="From row"
          inputMode="numeric"
          placeholder="1"
          value={fromRow ?? ''}
          onText={(text) => onFilter({ fromRow: /^[1-9]\d{0,9}$/.test(text) ? text : undefined }, { replace: true })}
        />
      </div>
      {(column !== undefined || value !== undefined) && (
        <p className={styles.value}>
          Only {column === undefined ? 'rows' : wordColumn(column)}
          {value !== undefined && <> with the value “{value}”</>}
        </p>
      )}
      <Awaited what="the rejected rows" query={query} />
      {isLookingOn && <Loading what="the rows that match" />}
      {query.data !== undefined && items.length === 0 && !isLookingOn && <Empty title="No rejected row matches." />}
      {items.length > 0 && (
        <VirtualRows
          importId={importId}
          items={items}
          mayCorrect={mayCorrect}
          isLoading={query.isFetchingNextPage}
          onNearEnd={query.hasNextPage && !query.isFetching ? query.fetchNextPage : undefined}
        />
      )}
      {query.isError && query.data !== undefined && <ErrorNote error={query.error} onRetry={query.fetchNextPage} />}
    </Panel>
  )
}

function callOf(importId: string, { code, column, value, fromRow }: RowFilter, cursor: string | undefined) {
  return {
    importId,
    limit: PAGE_ROWS,
    code,
    column: column as NonNullable<RowError['column']> | undefined,
    value,
    fromRow: cursor === undefined ? fromRow : undefined,
    cursor,
  }
}

interface VirtualRowsProps {
  readonly importId: string
  readonly items: readonly RowError[]
  readonly mayCorrect: boolean
  readonly isLoading: boolean
  readonly onNearEnd: (() => unknown) | undefined
}

function VirtualRows({ importId, items, mayCorrect, isLoading, onNearEnd }: VirtualRowsProps) {
  const frame = useRef<HTMLDivElement>(null)
  const [fault, setFault] = useState<Fault | null>(null)
  const { corrections, add, remove } = useCorrections(importId)
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
  })
  const shown = rows.getVirtualItems()
  const last = shown.at(-1)?.index ?? 0
  useEffect(() => {
    if (last + AHEAD_ROWS >= items.length) onNearEnd?.()
  }, [items.length, last, onNearEnd])
  return (
    <>
      <div ref={frame} className={own.frame} tabIndex={0} role="region" aria-label="Rejected rows">
        <div role="table" aria-label="Rejected rows" aria-rowcount={isLoading ? -1 : items.length + 1}>
          <div role="rowgroup">
            <div role="row" className={own.headRow} aria-rowindex={1}>
              {['Row', 'Column', 'Value', 'What is wrong', 'Correction'].map((name) => (
                <span key={name} role="columnheader">
                  {name}
                </span>
              ))}
            </div>
          </div>
          <div role="rowgroup" className={own.canvas} style={{ height: rows.getTotalSize() }}>
            {shown.map(({ index, start, key }) => {
              const item = items[index]
              if (item === undefined) return null
              return (
                <div
                  key={key}
                  ref={rows.measureElement}
                  data-index={index}
                  role="row"
                  aria-rowindex={index + 2}
                  className={own.errorRow}
                  style={{ transform: `translateY(${start}px)` }}
                >
                  <RejectedRow
                    importId={importId}
                    item={item}
                    corrections={corrections}
                    mayCorrect={mayCorrect}
                    onCorrect={setFault}
                    onAdd={add}
                    onRemove={remove}
                  />
                </div>
              )
            })}
          </div>
        </div>
      </div>
      <div role="status" className={styles.hint}>
        {isLoading ? 'Loading more rejected rows…' : ''}
      </div>
      {fault !== null && <CorrectDialog fault={fault} onCorrect={add} onClose={() => setFault(null)} />}
    </>
  )
}
