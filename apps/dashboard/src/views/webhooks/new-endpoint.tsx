import { useState } from 'react'

import { client } from '../../api/client.ts'
import { Button } from '../../design/button.tsx'
import { ShownOnce } from '../../design/copy-block.tsx'
import styles from '../../design/design.module.css'
import { Form, TextField } from '../../design/fields.tsx'
import { Panel } from '../../design/layout.tsx'
import { ErrorNote } from '../../design/notes.tsx'
import { useChange } from '../../live/use-change.ts'

export function NewEndpoint() {
  const [url, setUrl] = useState('')
  const [description, setDescription] = useState('')
  const make = useChange({
    act: async () =>
      client.createWebhookEndpoint({
        body: { url: url.trim(), ...(description.trim() !== '' && { description: description.trim() }) },
      }),
    renews: ['endpoints'],
    onDone: () => {
      setUrl('')
      setDescription('')
    },
  })
  return (
    <Panel title="New endpoint">
      <Form onSubmit={() => make.mutate()}>
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
      </Form>
      {make.isError && <ErrorNote error={make.error} />}
      {make.data !== undefined && (
        <ShownOnce what="secret" text={make.data.secret} onTaken={() => make.reset()}>
          <strong>Its secret is shown this once:</strong> the receiver verifies signatures with it.
        </ShownOnce>
      )}
    </Panel>
  )
}
