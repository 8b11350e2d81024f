import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { Route, Switch } from 'wouter'

import { Empty } from './design/notes.tsx'
import { Page } from './design/layout.tsx'
import { Shell } from './layout/shell.tsx'
import { LiveUpdatesProvider, queryDefaults } from './live/live-updates.tsx'
import { isSignedOut, SESSION_QUERY, SessionGate } from './session/session.tsx'
import { ButtonLink } from './design/button.tsx'
import { ImportView } from './views/import/import-view.tsx'
import { ImportsView } from './views/imports/imports-view.tsx'
import { KeysView } from './views/keys/keys-view.tsx'
import { NewImportView } from './views/new-import/new-import-view.tsx'
import { ProfileView } from './views/profiles/profile-view.tsx'
import { ProfilesView } from './views/profiles/profiles-view.tsx'
import { RedemptionsView } from './views/redemptions/redemptions-view.tsx'
import { ReferenceView } from './views/reference/reference-view.tsx'
import { RowView } from './views/row/row-view.tsx'
import { StartView } from './views/start/start-view.tsx'
import { WebhooksView } from './views/webhooks/webhooks-view.tsx'

const FAILED_TRIES = 1

function signOutAt401(error: unknown): void {
  if (isSignedOut(error)) queries.setQueryData(SESSION_QUERY, null)
}

const queries = new QueryClient({
  queryCache: new QueryCache({ onError: signOutAt401 }),
  mutationCache: new MutationCache({ onError: signOutAt401 }),
  defaultOptions: {
    queries: { ...queryDefaults(true), retry: (count, error) => !isSignedOut(error) && count < FAILED_TRIES },
  },
})

export function App() {
  return (
    <QueryClientProvider client={queries}>
      <LiveUpdatesProvider>
        <SessionGate>
          <Shell>
            <Views />
          </Shell>
        </SessionGate>
      </LiveUpdatesProvider>
    </QueryClientProvider>
  )
}

function Views() {
  return (
    <Switch>
      <Route path="/" component={StartView} />
      <Route path="/sign-in" component={StartView} />
      <Route path="/imports" component={ImportsView} />
      <Route path="/imports/new" component={NewImportView} />
      <Route path="/imports/:importId">{({ importId }) => <ImportView key={importId} importId={importId} />}</Route>
      <Route path="/imports/:importId/rows/:rowNumber">
        {({ importId, rowNumber }) => <RowView importId={importId} rowNumber={rowNumber} />}
      </Route>
      <Route path="/redemptions" component={RedemptionsView} />
      <Route path="/reference" component={ReferenceView} />
      <Route path="/profiles" component={ProfilesView} />
      <Route path="/profiles/:name">{({ name }) => <ProfileView key={name} name={readPathSegment(1)} />}</Route>
      <Route path="/webhooks" component={WebhooksView} />
      <Route path="/keys" component={KeysView} />
      <Route>
        <Page title="Nothing here">
          <Empty title="There is no such view.">
            <ButtonLink href="/">Go to the start</ButtonLink>
          </Empty>
        </Page>
      </Route>
    </Switch>
  )
}

/**
 * A part of the page's path, from 0, as text. The router decodes the whole path at once and leaves some escapes, so that a name
 * with a percent sign looks like an escaped one.
 */
function readPathSegment(index: number): string {
  const segment = window.location.pathname.split('/')[index + 1] ?? ''
  try {
    return decodeURIComponent(segment)
  } catch (error) {
    // Somebody has typed it.
    if (error instanceof URIError) return segment
    throw error
  }
}
