import { useMutation, useQueryClient } from '@tanstack/react-query'

interface Change<Input, Answer> {
  readonly act: (input: Input) => Promise<Answer>
  /** What shows the thing that is changed, by the first name in the queries' keys: it is asked for again. */
  readonly renews: readonly string[]
  readonly onDone?: () => void
}

/** A change of what is on the server. */
export function useChange<Answer, Input = void>({ act, renews, onDone }: Change<Input, Answer>) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: act,
    onSuccess: async () => {
      onDone?.()
      for (const name of renews) await queries.invalidateQueries({ queryKey: [name], refetchType: 'all' })
    },
  })
}
