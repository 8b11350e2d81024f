import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { client } from '../../api/client.ts'
import { Button } from '../../design/button.tsx'
import { CopyBlock } from '../../design/copy-block.tsx'
import styles from '../../design/design.module.css'
import { TextField } from '../../design/fields.tsx'
import { Panel } from '../../design/layout.tsx'
import { ErrorNote, Note } from '../../design/notes.tsx'

export function NewEndpoint() {
  const queries = useQueryClient()
  const [url, setUrl] = useState('')
  const [description, setDescription] = useState('')
  const make = useMutation({
    mutationFn: async () =>
      client.createWebhookEndpoint({
        body: { url: url.trim(), ...(description.trim() !== '' && { description: description.trim() }) },
      }),
    onSuccess: async () => {
      setUrl('')
      setDescription('')
      await queries.invalidateQueries({ queryKey: ['endpoints'], refetchType: 'all' })
    },
  })
  return (
    <Panel title="New endpoint">
      <form
        className={styles.stack}
        onSubmit={(event) => {
          event.preventDefault()
          make.mutate()
        }}
      >
        <div className={styles.fields}>
          <TextField
            label="Address"
            type="url"
            required
            placeholder="https://"
            maxLength={2_048}
            value={url}
            onText={setUrl}
          />
          <TextField label="Description" maxLength={255} value={description} onText={setDescription} />
        </div>
        <div>
          <Button type="submit" look="primary" disabled={make.isPending}>
            Add the endpoint
          </Button>
        </div>
      </form>
      {make.isError && <ErrorNote error={make.error} />}
      {make.data !== undefined && (
        <Note tone="good">
          <p>
            <strong>Its secret is shown this once:</strong> the receiver verifies signatures with it.
          </p>
          <CopyBlock what="secret" text={make.data.secret} />
          <span>
            <Button isSmall onClick={() => make.reset()}>
              I have it
            </Button>
          </span>
        </Note>
      )}
    </Panel>
  )
}
