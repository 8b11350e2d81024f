import styles from '../../design/design.module.css'

interface ProgressBarProps {
  /** 0 to 100 */
  readonly percent: number
  readonly label: string
  readonly text?: string
}

export function ProgressBar({ percent, label, text }: ProgressBarProps) {
  return (
    <div
      className={styles.bar}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(percent * 10) / 10}
      {...(text !== undefined && { 'aria-valuetext': text })}
    >
      <span style={{ width: `${percent}%` }} />
    </div>
  )
}
