import { RequestError } from '@importer/client'
import { roleIncludes, type Role } from '@importer/contracts'
import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query'
import { createContext, useContext, useMemo, type ReactNode } from 'react'

import { client, type AnswerOf } from '../api/client.ts'
import { Page } from '../design/layout.tsx'
import { Empty, ErrorNote, Loading } from '../design/notes.tsx'
import { forgetCorrections } from '../views/import/corrections.ts'
import { forgetDraft } from '../views/new-import/draft.ts'
import { SignInView } from './sign-in-view.tsx'

type Session = AnswerOf<'showSession'>

interface SignedIn {
  readonly session: Session
  /** Whether what needs that role is offered. The API refuses it all the same. */
  readonly may: (role: Role) => boolean
  readonly signOut: () => Promise<void>
}

const SessionContext = createContext<SignedIn | null>(null)
const QUERY = ['session'] as const

export function useSession(): SignedIn {
  const signedIn = useContext(SessionContext)
  if (signedIn === null) throw new Error('a view is shown to somebody who is not signed in')
  return signedIn
}

/** Whoever is not signed in gets the sign-in at whatever address, and then what is there. */
export function SessionGate({ children }: { readonly children: ReactNode }) {
  const queries = useQueryClient()
  const query = useQuery({
    queryKey: QUERY,
    queryFn: async ({ signal }) => client.showSession({}, { signal }).catch(nobodyAt401),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
  const session = query.data
  const value = useMemo<SignedIn | null>(() => {
    if (session === undefined || session === null) return null
    return {
      session,
      may: (role) => roleIncludes(session.role, role),
      signOut: async () => {
        await client.endSession()
        forgetEverything(queries)
        queries.setQueryData(QUERY, null)
      },
    }
  }, [queries, session])

  if (query.isPending) return <Loading what="the page" />
  if (query.isError && session === undefined) return <ErrorNote error={query.error} onRetry={query.refetch} />
  if (value === null) {
    return (
      <SignInView
        onSignedIn={(signedIn) => {
          forgetEverything(queries)
          queries.setQueryData(QUERY, signedIn)
        }}
      />
    )
  }
  return <SessionContext value={value}>{children}</SessionContext>
}

interface ForRoleProps {
  readonly needed: Role
  readonly title: string
  /** What the page shows instead to a key without the role. */
  readonly refusal: string
  readonly children: ReactNode
}

/** A view that needs a role. */
export function ForRole({ needed, title, refusal, children }: ForRoleProps) {
  const { may } = useSession()
  if (may(needed)) return children
  return (
    <Page title={title}>
      <Empty title={refusal}>
        <p>Sign in with a key that has the role {needed}.</p>
      </Empty>
    </Page>
  )
}

/** What the one who was signed in before has seen is not for the next. */
function forgetEverything(queries: QueryClient): void {
  queries.removeQueries({ predicate: ({ queryKey: [name] }) => name !== QUERY[0] })
  forgetCorrections()
  forgetDraft()
}

function nobodyAt401(error: unknown): null {
  if (error instanceof RequestError && error.status === 401) return null
  throw error
}

/** Of any query: a session that is over leads to the sign-in. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof RequestError && error.status === 401
}

export { QUERY as SESSION_QUERY }
