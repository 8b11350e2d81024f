import { useQueryClient } from '@tanstack/react-query'
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react'

import styles from './live.module.css'

const STORED = 'live-updates'

interface LiveUpdates {
  readonly isLive: boolean
  readonly setLive: (isLive: boolean) => void
}

const LiveContext = createContext<LiveUpdates>({ isLive: true, setLive: () => undefined })

/** Whether the page asks for news by itself. Off: nothing is asked for unless somebody does something. */
export function LiveUpdatesProvider({ children }: { readonly children: ReactNode }) {
  const [isLive, setLive] = useState(() => localStorage.getItem(STORED) !== 'off')
  const queries = useQueryClient()
  useEffect(() => {
    localStorage.setItem(STORED, isLive ? 'on' : 'off')
    queries.setDefaultOptions({ queries: queryDefaults(isLive) })
  }, [isLive, queries])
  const value = useMemo(() => ({ isLive, setLive }), [isLive])
  return <LiveContext value={value}>{children}</LiveContext>
}

export function useLiveUpdates(): LiveUpdates {
  return useContext(LiveContext)
}

/** How a query is kept fresh. */
export function queryDefaults(isLive: boolean) {
  return {
    staleTime: isLive ? 0 : Number.POSITIVE_INFINITY,
    refetchOnMount: isLive,
    refetchOnWindowFocus: isLive,
    refetchOnReconnect: isLive,
  } as const
}

/** The interval of a query that is asked again and again: false when nothing is asked. */
export function useInterval(ms: number): number | false {
  return useLiveUpdates().isLive ? ms : false
}

export function LiveSwitch() {
  const { isLive, setLive } = useLiveUpdates()
  return (
    <label className={styles.switch}>
      <input
        type="checkbox"
        role="switch"
        checked={isLive}
        aria-checked={isLive}
        onChange={(event) => setLive(event.target.checked)}
      />
      <span>Live updates</span>
    </label>
  )
}
