import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'

import { client } from '../../api/client.ts'
import { Button } from '../../design/button.tsx'
import styles from '../../design/design.module.css'
import { ChoiceField, Form, TextField } from '../../design/fields.tsx'
import { Panel } from '../../design/layout.tsx'
import { ErrorNote } from '../../design/notes.tsx'

/** Any row of the file, whatever became of it: by its number, or by a line of the file as an editor counts them. */
export function FindRow({ importId }: { readonly importId: string }) {
  const [, navigate] = useLocation()
  const [by, setBy] = useState('row')
  const [number, setNumber] = useState('')
  const find = useMutation({
    mutationFn: async () => {
      if (by === 'row') return client.explainRow({ importId, rowNumber: number })
      return client.explainLine({ importId, line: number })
    },
    onSuccess: ({ rowNumber }) => navigate(`/imports/${importId}/rows/${rowNumber}`),
  })
  return (
    <Panel title="Find a row">
      <Form onSubmit={() => find.mutate()}>
        <div className={styles.fields}>
          <ChoiceField
            label="Find by"
            value={by}
            onChoice={setBy}
            choices={[
              { value: 'row', text: 'Row number' },
              { value: 'line', text: 'Line of the file' },
            ]}
          />
          <TextField
            label="Number"
            required
            inputMode="numeric"
            pattern="[1-9][0-9]{0,8}"
            title="A whole number from 1"
            value={number}
            onText={(text) => {
              setNumber(text)
              find.reset()
            }}
          />
        </div>
        <div>
          <Button type="submit" disabled={find.isPending}>
            Explain this row
          </Button>
        </div>
        {find.isError && <ErrorNote error={find.error} />}
      </Form>
    </Panel>
  )
}
