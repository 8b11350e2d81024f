import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'

import { Button } from '../design/button.tsx'

interface Page<Item> {
  readonly items: readonly Item[]
  readonly nextCursor: string | null
}

interface PagesQuery<Item> {
  readonly queryKey: readonly unknown[]
  /** The page behind a cursor; the first one is behind none. */
  readonly load: (place: { readonly cursor?: string }, signal: AbortSignal) => Promise<Page<Item>>
  readonly retry?: false
  readonly refetchOnWindowFocus?: false
  readonly staleTime?: number
}

/** A list that is loaded page after page: all items so far, and the query. */
export function usePages<Item>({ load, ...options }: PagesQuery<Item>) {
  const query = useInfiniteQuery({
    queryFn: async ({ pageParam, signal }) => load(pageParam === null ? {} : { cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    ...options,
  })
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data])
  return { items, query }
}

interface ShowMoreProps {
  readonly query: {
    readonly hasNextPage: boolean
    readonly isFetchingNextPage: boolean
    readonly fetchNextPage: () => unknown
  }
}

/** Loads the next page of a list, where there is one. */
export function ShowMore({ query: { hasNextPage, isFetchingNextPage, fetchNextPage } }: ShowMoreProps) {
  if (!hasNextPage) return null
  return (
    <Button disabled={isFetchingNextPage} onClick={() => fetchNextPage()}>
      Show more
    </Button>
  )
}
