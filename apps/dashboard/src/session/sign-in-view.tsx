import { useMutation } from '@tanstack/react-query'
import { useEffect, useState } from 'react'

import { client, type AnswerOf } from '../api/client.ts'
import { Button } from '../design/button.tsx'
import { TextField } from '../design/fields.tsx'
import { ErrorNote } from '../design/notes.tsx'
import styles from './sign-in.module.css'

/** One field. The key is sent once, for a session, and kept nowhere. */
export function SignInView({ onSignedIn }: { readonly onSignedIn: (session: AnswerOf<'createSession'>) => void }) {
  const [apiKey, setApiKey] = useState('')
  const signIn = useMutation({
    mutationFn: async () => client.createSession({ body: { apiKey: apiKey.trim() } }),
    onSuccess: onSignedIn,
  })
  useEffect(() => {
    document.title = 'Sign in · Redemptions'
  }, [])
  return (
    <main className={styles.main}>
      <form
        className={styles.card}
        onSubmit={(event) => {
          event.preventDefault()
          if (apiKey.trim() !== '') signIn.mutate()
        }}
      >
        <img src="/favicon.svg" alt="" width="40" height="40" />
        <div>
          <h1>Redemptions</h1>
          <p className={styles.lead}>Sign in to see which coupon redemptions came in, and to put right what did not.</p>
        </div>
        <TextField
          label="API key"
          type="password"
          autoComplete="current-password"
          autoFocus
          required
          maxLength={255}
          value={apiKey}
          onText={setApiKey}
          hint={
            <>
              <code>npm start</code> prints the first key and keeps it in <code>.data/api-key</code>, in the folder that
              it was started from (<code>DATA_DIR/api-key</code> where that is set). An administrator can make more.
            </>
          }
        />
        {signIn.isError && <ErrorNote error={signIn.error} />}
        <Button type="submit" look="primary" disabled={signIn.isPending}>
          {signIn.isPending ? 'Signing in…' : 'Sign in'}
        </Button>
        <p className={styles.lead}>
          The key is not kept: the browser holds a session that ends after 30 minutes of rest.
        </p>
      </form>
    </main>
  )
}
