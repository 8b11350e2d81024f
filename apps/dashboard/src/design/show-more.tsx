import { Button } from './button.tsx'

interface ShowMoreProps {
  /** A query of pages. */
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
