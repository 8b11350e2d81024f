import { Button } from '../design/button.tsx'
import styles from '../design/design.module.css'
import { Dialog } from '../design/dialog.tsx'

const KEYS = [
  ['/', 'Search'],
  ['?', 'This help'],
  ['Tab', 'To the next control'],
  ['Esc', 'Close a dialog'],
] as const

const WORDS = [
  ['Import', 'One uploaded file and everything that happens to it.'],
  [
    'Rejected row',
    'A row that was not recorded, with the reason. Everything else in the file is imported all the same.',
  ],
  ['Duplicate', 'The same redemption is recorded already: nothing is lost, and nothing is counted twice.'],
  ['Check without importing', 'Every row is checked as an import would check it, and nothing is recorded.'],
  ['Revert', 'What an import recorded is deleted, and its coupons are free again. Its report stays.'],
  ['Profile', 'A saved way to read files of one kind.'],
] as const

export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Help" onClose={onClose}>
      <table>
        <caption className="visually-hidden">Keys</caption>
        <tbody>
          {KEYS.map(([key, text]) => (
            <tr key={key}>
              <th scope="row">
                <kbd>{key}</kbd>
              </th>
              <td>{text}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <dl className={styles.stack}>
        {WORDS.map(([word, text]) => (
          <div key={word}>
            <dt>
              <strong>{word}</strong>
            </dt>
            <dd className={styles.quiet}>{text}</dd>
          </div>
        ))}
      </dl>
      <div className={styles.dialogActions}>
        <Button onClick={onClose}>Close</Button>
      </div>
    </Dialog>
  )
}
