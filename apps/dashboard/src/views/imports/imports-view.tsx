import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { IMPORT_OUTCOMES, IMPORT_STATUSES } from '@importer/contracts'
import { useState } from 'react'
import { z } from 'zod'

import { digits, useViewState } from '../../address/use-view-state.ts'
import { client } from '../../api/client.ts'
import { makeCurl } from '../../api/make-curl.ts'
import { Button, ButtonLink } from '../../design/button.tsx'
import { CurlDisclosure } from '../../design/copy-block.tsx'
import { ChoiceField, TextField } from '../../design/fields.tsx'
import styles from '../../design/design.module.css'
import { Page, Panel } from '../../design/layout.tsx'
import { Awaited, Empty } from '../../design/notes.tsx'
import { wordOutcome, wordStatus } from '../../format/words.ts'
import { Freshness } from '../../live/freshness.tsx'
import { useInterval } from '../../live/live-updates.tsx'
import { useSession } from '../../session/session.tsx'
import { ProfileField } from '../profiles/profile-field.tsx'
import { ImportTable } from './import-table.tsx'
import own from './imports.module.css'

const PAGE_ROWS = 50
const POLL_MS = 2_000
const TYPING_MS = 250
/** Of so many pages the address keeps the way. */
const MOST_PASSED = 80

const viewState = z.object({
  q: z.string().max(255).optional(),
  status: z.enum(IMPORT_STATUSES).optional(),
  outcome: z.enum(IMPORT_OUTCOMES).optional(),
  seriesId: digits(16).optional(),
  profile: z.string().min(1).max(100).optional(),
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
  before: digits(10).optional(),
  /** `before` of the pages that lead here, the first page as 0: Newer goes to the last of them, on an address from a link, too. */
  trail: z
    .string()
    .max(1_000)
    .regex(/^\d{1,10}(?:\.\d{1,10})*$/)
    .optional(),
})
type State = z.output<typeof viewState>

/** All imports, newest first: filtered, searched, in pages. */
export function ImportsView() {
  const { may } = useSession()
  const [state, setState] = useViewState(viewState)
  const call = callOf(state)
  const query = useQuery({
    queryKey: ['imports', call],
    queryFn: async ({ signal }) => client.listImports(call, { signal }),
    refetchInterval: useInterval(POLL_MS),
    placeholderData: keepPreviousData,
  })
  const { before, trail, ...filters } = state
  const passed = trail?.split('.') ?? []
  const isFiltered = Object.values(filters).some((value) => value !== undefined && value !== '')
  const clear = (): void =>
    setState({
      q: undefined,
      status: undefined,
      outcome: undefined,
      seriesId: undefined,
      profile: undefined,
      from: undefined,
      to: undefined,
      before: undefined,
      trail: undefined,
    })
  return (
    <Page
      title="Imports"
      lead="Every uploaded file, newest first."
      actions={
        <>
          <Freshness query={query} />
          {may('write') && (
            <ButtonLink href="/imports/new" look="primary">
              New import
            </ButtonLink>
          )}
        </>
      }
    >
      <Panel
        title="Filters"
        aside={
          isFiltered && (
            <Button look="plain" isSmall onClick={clear}>
              Clear the filters
            </Button>
          )
        }
      >
        <Filters
          state={state}
          onChange={(change, options) =>
            setState({ ...(change as Partial<State>), before: undefined, trail: undefined }, options)
          }
        />
      </Panel>
      <Panel title={isFiltered ? 'Imports that match' : 'All imports'}>
        <Awaited what="the imports" query={query} />
        {query.data?.items.length === 0 && (
          <Nothing isFiltered={isFiltered} isPaged={before !== undefined} onClear={clear} mayUpload={may('write')} />
        )}
        {query.data !== undefined && query.data.items.length > 0 && <ImportTable imports={query.data.items} />}
        <Pages
          isFirst={before === undefined}
          next={query.data?.nextCursor ?? null}
          onFirst={() => setState({ before: undefined, trail: undefined })}
          onNewer={
            passed.length === 0
              ? null
              : () => {
                  const newer = passed.at(-1)
                  const rest = passed.slice(0, -1).join('.')
                  setState({ before: newer === '0' ? undefined : newer, trail: rest === '' ? undefined : rest })
                }
          }
          onNext={(cursor) =>
            setState({ before: cursor, trail: [...passed, before ?? '0'].slice(-MOST_PASSED).join('.') })
          }
        />
      </Panel>
      <CurlDisclosure command={makeCurl('listImports', call)} />
    </Page>
  )
}

function callOf({ q, status, outcome, seriesId, profile, from, to, before }: State) {
  return {
    limit: PAGE_ROWS,
    q: q === '' ? undefined : q,
    status,
    outcome,
    seriesId,
    profile,
    // Days of whoever looks, the last one included.
    createdFrom: from === undefined ? undefined : new Date(`${from}T00:00`).toISOString(),
    createdBefore: to === undefined ? undefined : dayAfter(to).toISOString(),
    cursor: before,
  }
}

function dayAfter(day: string): Date {
  const date = new Date(`${day}T00:00`)
  date.setDate(date.getDate() + 1)
  return date
}

interface FiltersProps {
  readonly state: State
  readonly onChange: (
    change: Partial<Record<keyof State, string | undefined>> & object,
    options?: { replace: boolean },
  ) => void
}

function Filters({ state, onChange }: FiltersProps) {
  const choose = (name: keyof State) => (value: string) => onChange({ [name]: value === '' ? undefined : value })
  return (
    <div className={own.filters}>
      <SearchField
        value={state.q ?? ''}
        onSearch={(q) => onChange({ q: q === '' ? undefined : q }, { replace: true })}
      />
      <ChoiceField
        label="Status"
        value={state.status ?? ''}
        onChoice={choose('status')}
        choices={[
          { value: '', text: 'Any' },
          ...IMPORT_STATUSES.map((status) => ({ value: status, text: wordStatus(status).text })),
        ]}
      />
      <ChoiceField
        label="Outcome"
        value={state.outcome ?? ''}
        onChoice={choose('outcome')}
        choices={[
          { value: '', text: 'Any' },
          ...IMPORT_OUTCOMES.map((outcome) => ({
            value: outcome,
            text: wordOutcome({ outcome })?.text ?? 'No row rejected',
          })),
        ]}
      />
      <TextField
        label="Series id"
        inputMode="numeric"
        value={state.seriesId ?? ''}
        onText={(text) => onChange({ seriesId: /^\d{1,16}$/.test(text) ? text : undefined }, { replace: true })}
      />
      <ProfileField none="Any" value={state.profile ?? ''} onChoice={choose('profile')} />
      <TextField label="Uploaded from" type="date" value={state.from ?? ''} onText={choose('from')} />
      <TextField label="Uploaded until" type="date" value={state.to ?? ''} onText={choose('to')} />
    </div>
  )
}

/** Asks once the typing rests. */
function SearchField({ value, onSearch }: { readonly value: string; readonly onSearch: (text: string) => void }) {
  const [text, setText] = useState(value)
  const [timer, setTimer] = useState<number>()
  const [shown, setShown] = useState(value)
  // The address changed by itself: back, or all filters cleared.
  if (shown !== value) {
    setShown(value)
    if (text.trim() !== value) setText(value)
  }
  return (
    <TextField
      label="Search"
      type="search"
      maxLength={255}
      placeholder="File name or import id"
      value={text}
      onText={(typed) => {
        setText(typed)
        window.clearTimeout(timer)
        setTimer(window.setTimeout(() => onSearch(typed.trim()), TYPING_MS))
      }}
    />
  )
}

interface NothingProps {
  readonly isFiltered: boolean
  readonly isPaged: boolean
  readonly onClear: () => void
  readonly mayUpload: boolean
}

function Nothing({ isFiltered, isPaged, onClear, mayUpload }: NothingProps) {
  if (isFiltered || isPaged) {
    return (
      <Empty title={isPaged ? 'There are no older imports.' : 'No import matches these filters.'}>
        <Button onClick={onClear}>Show all imports</Button>
      </Empty>
    )
  }
  return (
    <Empty title="Nothing was imported yet.">
      <p>
        Upload a CSV or Excel file of redeemed coupons: you see its first rows as the importer reads them, before it
        starts.
      </p>
      {mayUpload && (
        <ButtonLink href="/imports/new" look="primary">
          New import
        </ButtonLink>
      )}
    </Empty>
  )
}

interface PagesProps {
  readonly isFirst: boolean
  readonly next: string | null
  readonly onFirst: () => void
  /** Null: the pages that lead here are not known. */
  readonly onNewer: (() => void) | null
  readonly onNext: (cursor: string) => void
}

function Pages({ isFirst, next, onFirst, onNewer, onNext }: PagesProps) {
  if (isFirst && next === null) return null
  return (
    <nav className={styles.row} aria-label="Pages">
      <Button disabled={isFirst || onNewer === null} onClick={() => onNewer?.()}>
        Newer
      </Button>
      <Button disabled={next === null} onClick={() => next !== null && onNext(next)}>
        Older
      </Button>
      {!isFirst && (
        <Button look="plain" onClick={onFirst}>
          To the newest
        </Button>
      )}
    </nav>
  )
}
