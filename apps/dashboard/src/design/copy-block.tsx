import { useState, type ReactNode } from 'react'

import { Button } from './button.tsx'
import styles from './design.module.css'
import { Note } from './notes.tsx'

interface CopyBlockProps {
  /** What the text is, such as `curl command`. */
  readonly what: string
  readonly text: string
}

/** A text to take along. The clipboard is there on HTTPS and localhost only: one click selects all of it elsewhere. */
export function CopyBlock({ what, text }: CopyBlockProps) {
  const [isCopied, setCopied] = useState(false)
  const clipboard = (navigator as { clipboard?: Clipboard }).clipboard
  const copy = (): void => {
    clipboard?.writeText(text).then(
      () => setCopied(true),
      // Not allowed here: the text can be selected.
      () => setCopied(false),
    )
  }
  return (
    <div className={styles.stack}>
      <pre className={styles.code} role="region" tabIndex={0} aria-label={what}>
        {text}
      </pre>
      {clipboard !== undefined && (
        <div className={styles.row}>
          <Button isSmall onClick={copy}>
            Copy {what}
          </Button>
          <span role="status" className={styles.hint}>
            {isCopied ? 'Copied' : ''}
          </span>
        </div>
      )}
    </div>
  )
}

interface ShownOnceProps {
  readonly what: string
  readonly text: string
  readonly onTaken: () => void
  readonly children: ReactNode
}

/** A text that cannot be shown again. It stays until somebody says that they have it. */
export function ShownOnce({ what, text, onTaken, children }: ShownOnceProps) {
  return (
    <Note tone="good">
      <p>{children}</p>
      <CopyBlock what={what} text={text} />
      <span>
        <Button isSmall onClick={onTaken}>
          I have it
        </Button>
      </span>
    </Note>
  )
}

/** The command that does over the API what is on the screen. */
export function CurlDisclosure({ command }: { readonly command: string }) {
  return (
    <details className={styles.disclosure}>
      <summary>The same by curl</summary>
      <CopyBlock what="curl command" text={command} />
    </details>
  )
}
