import { RequestError } from '@importer/client'
import type { ReferenceKind } from '@importer/contracts'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { client } from '../../api/client.ts'
import { Button } from '../../design/button.tsx'
import styles from '../../design/design.module.css'
import { Form, TextField } from '../../design/fields.tsx'
import { Facts, Panel } from '../../design/layout.tsx'
import { Empty, ErrorNote, Loading } from '../../design/notes.tsx'
import { wordCode } from '../../format/words.ts'

interface ReferenceItemProps {
  readonly kind: ReferenceKind
  readonly id: string | undefined
  readonly onLookUp: (id: string) => void
}

/** One item by its id. */
export function ReferenceItem({ kind, id, onLookUp }: ReferenceItemProps) {
  const [text, setText] = useState(id ?? '')
  const query = useQuery({
    queryKey: ['reference', kind, id],
    queryFn: async ({ signal }) => client.showReference({ kind, id: id ?? '' }, { signal }),
    enabled: id !== undefined,
  })
  const isMissing = query.error instanceof RequestError && query.error.status === 404
  return (
    <Panel title="Look one up">
      <Form onSubmit={() => onLookUp(text.trim())}>
        <TextField
          label="Id"
          type="search"
          inputMode="numeric"
          required
          pattern="\s*\d{1,16}\s*"
          value={text}
          onText={setText}
        />
        <div>
          <Button type="submit">Look up</Button>
        </div>
      </Form>
      {id !== undefined && query.isPending && <Loading what="the item" />}
      {isMissing && <Empty title={`There is no such id among the ${kind}.`} />}
      {query.isError && !isMissing && <ErrorNote error={query.error} onRetry={query.refetch} />}
      {query.data !== undefined && (
        <Facts
          facts={Object.entries(query.data).map(([name, value]) => ({
            name: wordCode(name.replaceAll(/([A-Z])/g, ' $1')),
            value: value === null ? '–' : <span className={styles.value}>{String(value)}</span>,
          }))}
        />
      )}
    </Panel>
  )
}
