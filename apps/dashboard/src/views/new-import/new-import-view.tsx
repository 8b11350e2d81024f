import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useLocation } from 'wouter'
import { z } from 'zod'

import { useViewState } from '../../address/use-view-state.ts'
import { inspectFile } from '../../api/inspect-file.ts'
import { makeCurl } from '../../api/make-curl.ts'
import { Button } from '../../design/button.tsx'
import { CopyBlock, CurlDisclosure } from '../../design/copy-block.tsx'
import styles from '../../design/design.module.css'
import { Page, Panel } from '../../design/layout.tsx'
import { ErrorNote, Loading, Note } from '../../design/notes.tsx'
import { formatBytes } from '../../format/numbers.ts'
import { ForRole } from '../../session/session.tsx'
import { ProgressBar } from '../imports/progress-bar.tsx'
import { ProfileField } from '../profiles/profile-field.tsx'
import { forgetDraft, keepDraft, readDraft } from './draft.ts'
import { FileDrop } from './file-drop.tsx'
import { OptionFields } from './option-fields.tsx'
import { FoundOut, PreviewTable } from './preview-table.tsx'
import { SaveProfile } from './save-profile.tsx'
import { SeriesField } from './series-field.tsx'
import {
  chooseColumn,
  columnsOf,
  findMissing,
  identifiersOf,
  NO_SETTINGS,
  readingFields,
  uploadFields,
  uploadHeadersOf,
  type Settings,
} from './settings.ts'
import { useUpload } from './use-upload.ts'

const viewState = z.object({ seriesId: z.string().max(255).optional(), profile: z.string().max(255).optional() })
const formFields = z.record(z.string(), z.string())
const TYPING_MS = 300

/** A file, what its columns mean, and then the import, or only its check. */
export function NewImportView() {
  return (
    <ForRole needed="write" title="New import" refusal="Your key may only look.">
      <NewImport />
    </ForRole>
  )
}

function NewImport() {
  const [address, setAddress] = useViewState(viewState)
  const [draft] = useState(readDraft)
  const [file, setFile] = useState(draft.file)
  const [seriesId, setSeriesId] = useState(address.seriesId ?? draft.seriesId)
  const [settings, setSettings] = useState<Settings>({
    ...draft.settings,
    profile: address.profile ?? draft.settings.profile,
  })
  const change = (changed: Partial<Settings>): void => setSettings({ ...settings, ...changed })
  useEffect(() => keepDraft({ file, seriesId, settings, checkedAs: null }), [file, seriesId, settings])

  const inspection = useInspection(file, seriesId, settings)
  const found = file === null ? undefined : inspection.data
  const columns = columnsOf(settings, found)
  const identifiers = identifiersOf(settings, found, columns)
  const fields = uploadFields(settings, found, columns, identifiers)
  const isTable = found !== undefined && found.kind !== null
  const missing = [
    ...(file === null ? ['a file'] : []),
    ...(/^\d{1,16}$/.test(seriesId.trim()) ? [] : ['the coupon series']),
    ...(found !== undefined && !isTable ? ['a file that is a table'] : []),
    ...(isTable ? findMissing(settings, found, columns, identifiers) : []),
  ]
  return (
    <Page title="New import" lead="Choose a file, look at its first rows as the importer reads them, and start.">
      <Panel title="File and series">
        <FileDrop
          file={file}
          onFile={(chosen) => {
            setFile(chosen)
            setSettings({ ...NO_SETTINGS, profile: settings.profile })
          }}
        />
        <div className={styles.fields}>
          <SeriesField
            value={seriesId}
            onText={(text) => {
              setSeriesId(text)
              setAddress({ seriesId: text === '' ? undefined : text }, { replace: true })
            }}
          />
          <ProfileField
            none="None"
            hint={
              settings.profile === '' && found?.profile
                ? `“${found.profile.name}” fits this file`
                : 'A saved way to read files of one kind'
            }
            value={settings.profile}
            onChoice={(profile, profileSeries) => {
              setSettings({ ...NO_SETTINGS, profile })
              if (profileSeries !== null && seriesId === '') setSeriesId(String(profileSeries))
              setAddress({ profile: profile === '' ? undefined : profile }, { replace: true })
            }}
          />
        </div>
      </Panel>
      {file !== null && (
        <Panel
          title="First rows"
          aside={isTable && <FoundOut inspection={found} isLookedUp={/^\d{1,16}$/.test(seriesId.trim())} />}
        >
          {inspection.isPending && <Loading what="the first rows" />}
          {inspection.isError && <ErrorNote error={inspection.error} onRetry={inspection.refetch} />}
          {found?.problems.map(({ code, message }) => (
            <Note key={`${code}/${message}`} tone="warn">
              <p className={styles.value}>{message}</p>
            </Note>
          ))}
          {isTable && (
            <>
              <p className={styles.quiet}>
                Say what each column means. What is guessed from names and values is chosen already: check it.
              </p>
              <PreviewTable
                inspection={found}
                columns={columns}
                onChoose={(position, key) => change({ columns: chooseColumn(columns, position, key) })}
              />
            </>
          )}
          {(found !== undefined || inspection.isError) && (
            <OptionFields settings={settings} inspection={found} identifiers={identifiers} onChange={change} />
          )}
        </Panel>
      )}
      <Start
        file={file}
        seriesId={seriesId.trim()}
        fields={fields}
        missing={missing}
        isReading={file !== null && (found === undefined || inspection.isPlaceholderData)}
      />
      {file !== null && isTable && (
        <>
          <SaveProfile
            settings={settings}
            inspection={found}
            columns={columns}
            identifiers={identifiers}
            seriesId={seriesId.trim()}
          />
          <Panel title="For a program">
            <p className={styles.quiet}>
              The field <code>uploadHeaders</code> of an upload, and the whole upload as a command.
            </p>
            <CopyBlock what="uploadHeaders" text={uploadHeadersOf(columns)} />
            <CurlDisclosure
              command={makeCurl(
                'createImport',
                { seriesId: seriesId.trim() || 'SERIES' },
                { form: fields, file: file.name },
              )}
            />
          </Panel>
        </>
      )}
    </Page>
  )
}

/** The importer's own reading of the file's beginning, with what is chosen so far. */
function useInspection(file: File | null, seriesId: string, settings: Settings) {
  const fields = {
    ...readingFields(settings),
    ...(settings.columns === null ? {} : chosenFields(settings)),
    ...(/^\d{1,16}$/.test(seriesId.trim()) && { seriesId: seriesId.trim() }),
  }
  const rested = useRested(JSON.stringify(fields), TYPING_MS)
  const fileKey = JSON.stringify([file?.name, file?.size, file?.lastModified])
  return useQuery({
    queryKey: ['inspection', fileKey, rested],
    queryFn: async ({ signal }) => {
      if (file === null) throw new Error('there is no file')
      return inspectFile(file, formFields.parse(JSON.parse(rested)), signal)
    },
    enabled: file !== null,
    // While somebody chooses, the last reading of the same file stays; that of another file says nothing of this one.
    placeholderData: (last, query) => (query?.queryKey[1] === fileKey ? last : undefined),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    retry: false,
  })
}

/** The text once it has not changed for a while. */
function useRested(text: string, ms: number): string {
  const [rested, setRested] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), ms)
    return () => clearTimeout(timer)
  }, [text, ms])
  return rested
}

function chosenFields(settings: Settings): Record<string, string> {
  const columns = columnsOf(settings, undefined)
  const { customer, coupon } = identifiersOf(settings, undefined, columns)
  return {
    uploadHeaders: uploadHeadersOf(columns),
    ...(customer !== null && { customerIdentifier: customer }),
    ...(coupon !== null && { couponIdentifier: coupon }),
  }
}

interface StartProps {
  readonly file: File | null
  readonly seriesId: string
  readonly fields: Readonly<Record<string, string>>
  readonly missing: readonly string[]
  /** What is chosen is not read with yet. */
  readonly isReading: boolean
}

function Start({ file, seriesId, fields, missing, isReading }: StartProps) {
  const [, navigate] = useLocation()
  const upload = useUpload()
  const isReady = missing.length === 0 && !isReading && !upload.isRunning
  const start = async (dryRun: boolean): Promise<void> => {
    if (file === null) return
    const made = await upload.start({ file, seriesId, fields: { ...fields, ...(dryRun && { dryRun: 'true' }) } })
    if (made === null) return
    if (dryRun) keepDraft({ ...readDraft(), checkedAs: made.id })
    else forgetDraft()
    navigate(`/imports/${made.id}`)
  }
  const percent = upload.allBytes === 0 ? 0 : (upload.sentBytes / upload.allBytes) * 100
  return (
    <Panel title="Start">
      {missing.length > 0 && <p className={styles.quiet}>Still to be chosen: {missing.join(', ')}.</p>}
      {upload.error !== null && <ErrorNote error={upload.error} />}
      {upload.isRunning && (
        <div className={styles.stack} role="group" aria-label="Upload">
          <ProgressBar percent={percent} label="Upload" />
          <div className={styles.row}>
            <span>
              {formatBytes(upload.sentBytes)} of {formatBytes(upload.allBytes)} sent
            </span>
            <Button isSmall onClick={upload.cancel}>
              Cancel upload
            </Button>
          </div>
        </div>
      )}
      <div className={styles.actions}>
        <Button look="primary" disabled={!isReady} onClick={() => start(false)}>
          Start import
        </Button>
        <Button disabled={!isReady} onClick={() => start(true)}>
          Check without importing
        </Button>
      </div>
      <p className={styles.hint}>
        A check looks at every row as an import would and records nothing. Rows that are wrong never hold up the others.
      </p>
    </Panel>
  )
}
