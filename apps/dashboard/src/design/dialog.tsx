import { useEffect, useId, useRef, type ReactNode } from 'react'

import { Button } from './button.tsx'
import styles from './design.module.css'
import { ErrorNote } from './notes.tsx'

interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
}

/** The browser's own modal dialog: it keeps the focus, closes with Escape, and gives the focus back. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const shown = dialog.current
    shown?.showModal()
    return () => shown?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      className={styles.dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      <div className={styles.dialogBody}>
        <h2 id={id}>{title}</h2>
        {children}
      </div>
    </dialog>
  )
}

interface ConfirmProps {
  readonly title: string
  readonly children: ReactNode
  /** On the button that does it: what, and to how many. */
  readonly confirm: string
  /** The mutation that does it: what goes wrong is said here. */
  readonly act: { readonly isPending: boolean; readonly isError: boolean; readonly error: unknown }
  readonly onConfirm: () => void
  readonly onClose: () => void
}

/** Asks before something is lost. */
export function ConfirmDialog({ title, children, confirm, act, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <div className={styles.stack}>
        {children}
        {act.isError && <ErrorNote error={act.error} />}
      </div>
      <div className={styles.dialogActions}>
        <Button onClick={onClose}>Leave it as it is</Button>
        <Button look="danger" disabled={act.isPending} onClick={onConfirm}>
          {confirm}
        </Button>
      </div>
    </Dialog>
  )
}
