import { formatTime } from '../format/times.ts'

/** An instant in the reader's time zone; the exact one, in UTC, on hovering. */
export function Time({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={at}>
      {formatTime(at)}
    </time>
  )
}
