import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'

import { client, type AnswerOf, type ImportView } from '../../api/client.ts'
import { Advice } from '../../design/advice.tsx'
import { Button } from '../../design/button.tsx'
import styles from '../../design/design.module.css'
import { ChoiceField } from '../../design/fields.tsx'
import { Panel, Scroll } from '../../design/layout.tsx'
import { Awaited, Note } from '../../design/notes.tsx'
import { formatCount } from '../../format/numbers.ts'
import { isOver, shorten, wordCode, wordColumn } from '../../format/words.ts'
import { useInterval } from '../../live/live-updates.tsx'
import { CorrectDialog, type Fault } from './correct-dialog.tsx'
import { useCorrections } from './corrections.ts'
import own from './import.module.css'

type Group = AnswerOf<'listErrorGroups'>['items'][number]
const POLL_MS = 5_000

interface ErrorGroupsProps {
  readonly view: ImportView
  readonly by: 'code' | 'value'
  readonly onBy: (by: 'code' | 'value') => void
  readonly onShow: (filter: { code: string; column: string | undefined; value: string | undefined }) => void
  readonly mayCorrect: boolean
}

/** What is wrong, largest first, with why that usually happens and what to do about it. */
export function ErrorGroups({ view, by, onBy, onShow, mayCorrect }: ErrorGroupsProps) {
  const importId = String(view.id)
  const interval = useInterval(POLL_MS)
  const query = useQuery({
    queryKey: ['error-groups', importId, by, isOver(view)],
    queryFn: async ({ signal }) => client.listErrorGroups({ importId, by }, { signal }),
    refetchInterval: isOver(view) ? false : interval,
    placeholderData: keepPreviousData,
  })
  return (
    <Panel
      title="What is wrong"
      aside={
        <div className={own.groupBy}>
          <ChoiceField
            label="Group by"
            value={by}
            onChoice={(choice) => onBy(choice === 'value' ? 'value' : 'code')}
            choices={[
              { value: 'code', text: 'Reason' },
              { value: 'value', text: 'Reason and value' },
            ]}
          />
        </div>
      }
    >
      <Awaited what="the reasons" query={query} />
      {query.data !== undefined && (
        <>
          {!query.data.exact && (
            <Note tone="warn">
              <p>The file has too many different values to count all of them: there may be more rows of each.</p>
            </Note>
          )}
          <GroupTable groups={query.data.items} importId={importId} mayCorrect={mayCorrect} onShow={onShow} />
        </>
      )}
    </Panel>
  )
}

interface GroupTableProps {
  readonly groups: readonly Group[]
  readonly importId: string
  readonly mayCorrect: boolean
  readonly onShow: ErrorGroupsProps['onShow']
}

function GroupTable({ groups, importId, mayCorrect, onShow }: GroupTableProps) {
  const [fault, setFault] = useState<Fault | null>(null)
  const { add } = useCorrections(importId)
  return (
    <Scroll label="Reasons of rejection">
      <table className={own.groups}>
        <thead>
          <tr>
            <th scope="col">Reason</th>
            <th scope="col" className={styles.number}>
              Rows
            </th>
            <th scope="col">Why, and what to do</th>
            <th scope="col">First rows</th>
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <tr key={`${group.code}/${group.column ?? ''}/${group.value ?? ''}`}>
              <td>
                <strong>{wordCode(group.code)}</strong>
                {group.column !== null && <div className={styles.hint}>{wordColumn(group.column)}</div>}
                {group.value !== null && (
                  <div className={styles.value}>
                    <span className={styles.wrong}>{group.value === '' ? '(empty)' : shorten(group.value)}</span>
                  </div>
                )}
              </td>
              <td className={styles.number} data-unit={group.rows === 1 ? 'row' : 'rows'}>
                {formatCount(group.rows)}
              </td>
              <td className={own.advice}>
                <p>
                  <Advice text={group.cause} />
                </p>
                <p className={styles.quiet}>
                  <Advice text={group.remedy} />
                </p>
              </td>
              <td>
                <span className={styles.row}>
                  {group.firstRows.map((row) => (
                    <Link key={row} href={`/imports/${importId}/rows/${row}`}>
                      {formatCount(row)}
                    </Link>
                  ))}
                </span>
              </td>
              <td>
                <span className={own.actions}>
                  <Button
                    isSmall
                    onClick={() =>
                      onShow({ code: group.code, column: group.column ?? undefined, value: group.value ?? undefined })
                    }
                  >
                    Show rows
                  </Button>
                  {mayCorrect && group.value !== null && group.column !== null && (
                    <Button
                      isSmall
                      onClick={() =>
                        setFault({ ...group, rowNumber: null, column: group.column ?? '', value: group.value ?? '' })
                      }
                    >
                      Correct all
                    </Button>
                  )}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {fault !== null && <CorrectDialog fault={fault} onCorrect={add} onClose={() => setFault(null)} />}
    </Scroll>
  )
}
