import { toProfileOptions } from '@importer/contracts'
import { useState } from 'react'

import { client, type CallOf } from '../../api/client.ts'
import type { Inspection } from '../../api/inspect-file.ts'
import { Button } from '../../design/button.tsx'
import styles from '../../design/design.module.css'
import { Form, TextField } from '../../design/fields.tsx'
import { ErrorNote, Note } from '../../design/notes.tsx'
import { useChange } from '../../live/use-change.ts'
import type { Columns, Identifiers, Settings } from './settings.ts'

interface SaveProfileProps {
  readonly settings: Settings
  readonly inspection: Inspection
  readonly columns: Columns
  readonly identifiers: Identifiers
  readonly seriesId: string
}

/** Keeps what was chosen under a name, for the next file of this kind. */
export function SaveProfile(props: SaveProfileProps) {
  const [name, setName] = useState(props.settings.profile)
  const save = useChange({
    act: async () => client.saveImportProfile({ name: name.trim(), body: makeProfile(props) }),
    renews: ['profiles'],
  })
  return (
    <details className={styles.disclosure}>
      <summary>Save as profile</summary>
      <Form onSubmit={() => save.mutate()}>
        <TextField
          label="Name of the profile"
          required
          maxLength={100}
          value={name}
          hint="The next file of this kind is read by it: here, and by programs that name it"
          onText={(text) => {
            setName(text)
            save.reset()
          }}
        />
        <div>
          <Button type="submit" disabled={save.isPending}>
            Save profile
          </Button>
        </div>
        {save.isError && <ErrorNote error={save.error} />}
        {save.data !== undefined && (
          <div role="status">
            <Note tone="good">
              <p className={styles.value}>
                “{save.data.name}” is saved, version {save.data.version}.
              </p>
            </Note>
          </div>
        )}
      </Form>
    </details>
  )
}

/** Columns by their names where the file has a header: so another order does not matter. */
function makeProfile({
  settings,
  inspection,
  columns,
  identifiers,
  seriesId,
}: SaveProfileProps): CallOf<'saveImportProfile'>['body'] {
  const names = new Map(inspection.columns.map(({ position, name }) => [position, name]))
  return {
    ...toProfileOptions({
      ...settings,
      customerIdentifier: identifiers.customer ?? '',
      couponIdentifier: identifiers.coupon ?? '',
      dateFormat: settings.dateFormat === '' ? (inspection.dateFormat ?? '') : settings.dateFormat,
      seriesId: /^\d{1,16}$/.test(seriesId) ? seriesId : '',
    }),
    uploadHeaders: Object.fromEntries([...columns].map(([position, key]) => [key, names.get(position) ?? position])),
  }
}
