import type { UseQueryResult } from '@tanstack/react-query'
import { useEffect, useState } from 'react'

import { Button } from '../design/button.tsx'
import { formatAge } from '../format/times.ts'
import styles from './live.module.css'
import { useLiveUpdates } from './live-updates.tsx'

/** What is older than this while it should be fresh is called old. */
const FRESH_MS = 10_000

type Shown = Pick<UseQueryResult, 'dataUpdatedAt' | 'isError' | 'isFetching' | 'refetch'>

/** How old what is on the screen is, where it is not live: because nobody asks, or because nobody answers. */
export function Freshness({ query }: { readonly query: Shown }) {
  const { isLive } = useLiveUpdates()
  const now = useNow()
  const age = now - query.dataUpdatedAt
  if (query.dataUpdatedAt === 0 || (isLive && !(query.isError && age > FRESH_MS))) return null
  return (
    <span className={styles.freshness} data-tone={isLive ? 'warn' : undefined}>
      {isLive ? 'No answer from the server. ' : ''}As of {formatAge(age)}
      <Button look="plain" isSmall disabled={query.isFetching} onClick={() => query.refetch()}>
        Refresh
      </Button>
    </span>
  )
}

function useNow(): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [])
  return now
}
