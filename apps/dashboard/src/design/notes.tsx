import { RequestError } from '@importer/client'
import type { ReactNode } from 'react'

import type { Tone } from '../format/words.ts'
import { Button } from './button.tsx'
import styles from './design.module.css'

export function Badge({ tone = 'quiet', children }: { readonly tone?: Tone; readonly children: ReactNode }) {
  return (
    <span className={styles.badge} data-tone={tone}>
      {children}
    </span>
  )
}

interface NoteProps {
  readonly tone?: Tone
  readonly action?: ReactNode
  readonly children: ReactNode
}

export function Note({ tone = 'quiet', action, children }: NoteProps) {
  return (
    <div className={styles.note} data-tone={tone}>
      <div className={styles.stack}>{children}</div>
      {action}
    </div>
  )
}

export function Loading({ what }: { readonly what: string }) {
  return (
    <div className={styles.loading} role="status">
      Loading {what}…
    </div>
  )
}

export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <strong>{title}</strong>
      {children}
    </div>
  )
}

interface ErrorNoteProps {
  readonly error: unknown
  readonly onRetry?: (() => unknown) | undefined
}

/** What went wrong, in the server's own words, and what can be done. */
export function ErrorNote({ error, onRetry }: ErrorNoteProps) {
  const messages = describeError(error)
  return (
    <div role="alert">
      <Note tone="bad" action={onRetry !== undefined && <Button onClick={() => onRetry()}>Try again</Button>}>
        {messages.map((message) => (
          <p key={message}>{message}</p>
        ))}
      </Note>
    </div>
  )
}

interface AwaitedProps {
  readonly what: string
  readonly query: {
    readonly isPending: boolean
    readonly isError: boolean
    readonly data: unknown
    readonly error: unknown
    readonly refetch: () => unknown
  }
}

/** What stands in the place of an answer that is not there: that it is awaited, or why it did not come. */
export function Awaited({ what, query: { isPending, isError, data, error, refetch } }: AwaitedProps) {
  if (isPending) return <Loading what={what} />
  return isError && data === undefined ? <ErrorNote error={error} onRetry={refetch} /> : null
}

/** One sentence for each fault. */
function describeError(error: unknown): string[] {
  if (error instanceof RequestError) {
    const { problem, status, retryAfterSeconds } = error
    if (status === null) return ['The server does not answer. It is looked for again by itself.']
    const wait = retryAfterSeconds === null ? '' : ` Try again in ${retryAfterSeconds} s.`
    if (problem === null) return [`The server answers with HTTP ${status} and gives no reason.${wait}`]
    const faults = problem.errors?.map(({ message }) => message) ?? [problem.detail]
    return faults.map((fault) => `${fault.charAt(0).toUpperCase()}${fault.slice(1)}.${wait}`)
  }
  return [error instanceof Error ? error.message : String(error)]
}
