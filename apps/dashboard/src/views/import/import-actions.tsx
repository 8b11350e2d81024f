import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'

import { client, type ImportView } from '../../api/client.ts'
import { Button } from '../../design/button.tsx'
import { ConfirmDialog } from '../../design/dialog.tsx'
import { ErrorNote } from '../../design/notes.tsx'
import { formatNumber } from '../../format/numbers.ts'
import { isOver } from '../../format/words.ts'
import { useSession } from '../../session/session.tsx'

type Action = 'cancel' | 'resume' | 'revert' | 'retry' | 'forget'

/** The actions that an import's state allows; `isExpired`: its file was deleted. */
export function ImportActions({ view, isExpired }: { readonly view: ImportView; readonly isExpired: boolean }) {
  const importId = String(view.id)
  const { may } = useSession()
  const queries = useQueryClient()
  const [, navigate] = useLocation()
  const [confirming, setConfirming] = useState<'revert' | 'forget' | null>(null)
  const act = useMutation({
    mutationFn: async (action: Action) => perform(action, importId),
    onSuccess: async (made, action) => {
      setConfirming(null)
      if (action === 'retry' && made !== undefined) navigate(`/imports/${made.id}`)
      else if (made !== undefined) queries.setQueryData(['import', importId], made)
      await queries.invalidateQueries({ queryKey: ['import', importId], refetchType: 'all' })
      await queries.invalidateQueries({ queryKey: ['timeline', importId], refetchType: 'all' })
    },
  })
  const { inserted, rejected } = view.counts
  const over = isOver(view)
  const isKept = view.status !== 'reverted'
  const redemptions = formatNumber(inserted, 'redemption')
  return (
    <>
      {!over && (
        <Button disabled={act.isPending} onClick={() => act.mutate('cancel')}>
          Cancel
        </Button>
      )}
      {(view.status === 'cancelled' || view.status === 'failed') && !isExpired && (
        <Button disabled={act.isPending} onClick={() => act.mutate('resume')}>
          Resume
        </Button>
      )}
      {over && isKept && rejected > 0 && !isExpired && (
        <Button disabled={act.isPending} onClick={() => act.mutate('retry')}>
          Retry rejected rows
        </Button>
      )}
      {over && isKept && inserted > 0 && !view.dryRun && (
        <Button look="danger" disabled={act.isPending} onClick={() => setConfirming('revert')}>
          Revert
        </Button>
      )}
      {over && may('admin') && !isExpired && (
        <Button look="danger" disabled={act.isPending} onClick={() => setConfirming('forget')}>
          Delete file
        </Button>
      )}
      {act.isError && confirming === null && <ErrorNote error={act.error} />}
      {confirming === 'revert' && (
        <ConfirmDialog
          title="Revert this import?"
          confirm={`Revert ${redemptions}`}
          act={act}
          onConfirm={() => act.mutate('revert')}
          onClose={() => setConfirming(null)}
        >
          <p>
            The {redemptions} that it recorded {inserted === 1 ? 'is' : 'are'} deleted, and{' '}
            {inserted === 1 ? 'its coupon is' : 'their coupons are'} free again. Counts and reports stay as history.
            This cannot be taken back, but the file can be imported again.
          </p>
        </ConfirmDialog>
      )}
      {confirming === 'forget' && (
        <ConfirmDialog
          title="Delete file and reports?"
          confirm={`Delete the file and ${formatNumber(rejected, 'rejected row')}`}
          act={act}
          onConfirm={() => act.mutate('forget')}
          onClose={() => setConfirming(null)}
        >
          <p>
            The uploaded file, its reports and its {formatNumber(rejected, 'rejected row')} are deleted for good. The
            import, its counts and its {redemptions} stay.
          </p>
        </ConfirmDialog>
      )}
    </>
  )
}

async function perform(action: Action, importId: string): Promise<ImportView | undefined> {
  switch (action) {
    case 'cancel':
      return client.cancelImport({ importId })
    case 'resume':
      return client.resumeImport({ importId })
    case 'revert':
      return client.revertImport({ importId })
    case 'retry':
      return client.retryRejected({ importId, body: {} })
    case 'forget':
      await client.deleteImport({ importId })
      return undefined
  }
}
