import { useId, type ComponentProps, type ReactNode } from 'react'

import styles from './design.module.css'

interface FormProps {
  readonly onSubmit: () => unknown
  readonly children: ReactNode
}

/** Fields that one button, or Enter, sends. */
export function Form({ onSubmit, children }: FormProps) {
  return (
    <form
      className={styles.stack}
      onSubmit={(event) => {
        event.preventDefault()
        onSubmit()
      }}
    >
      {children}
    </form>
  )
}

interface FieldProps {
  readonly label: string
  readonly hint?: ReactNode
  readonly fault?: string | null | undefined
  /** Gets what ties the control to its label. */
  readonly children: (control: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: boolean }) => ReactNode
}

export function Field({ label, hint, fault, children }: FieldProps) {
  const id = useId()
  const noteId = `${id}-note`
  const hasFault = fault !== undefined && fault !== null
  const hasNote = hint !== undefined || hasFault
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label}
      </label>
      {children({ id, ...(hasNote && { 'aria-describedby': noteId }), ...(hasFault && { 'aria-invalid': true }) })}
      {hasNote && (
        <div id={noteId} className={hasFault ? styles.fault : styles.hint}>
          {hasFault ? fault : hint}
        </div>
      )}
    </div>
  )
}

type InputProps = Omit<ComponentProps<'input'>, 'className' | 'onChange'> & {
  readonly label: string
  readonly hint?: ReactNode
  readonly fault?: string | null | undefined
  readonly onText: (text: string) => void
}

export function TextField({ label, hint, fault, onText, ...rest }: InputProps) {
  return (
    <Field label={label} hint={hint} fault={fault}>
      {(control) => (
        <input
          type="text"
          spellCheck={false}
          autoComplete="off"
          {...rest}
          {...control}
          onChange={(event) => onText(event.target.value)}
        />
      )}
    </Field>
  )
}

export interface Choice {
  readonly value: string
  readonly text: string
}

interface ChoiceFieldProps {
  readonly label: string
  readonly hint?: ReactNode
  readonly value: string
  readonly choices: readonly Choice[]
  readonly onChoice: (value: string) => void
  readonly disabled?: boolean
}

export function ChoiceField({ label, hint, value, choices, onChoice, disabled }: ChoiceFieldProps) {
  return (
    <Field label={label} hint={hint}>
      {(control) => (
        <select {...control} value={value} disabled={disabled} onChange={(event) => onChoice(event.target.value)}>
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.text}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

interface CheckFieldProps {
  readonly label: string
  readonly isChecked: boolean
  readonly onCheck: (isChecked: boolean) => void
  readonly disabled?: boolean
}

export function CheckField({ label, isChecked, onCheck, disabled }: CheckFieldProps) {
  return (
    <label className={styles.check}>
      <input
        type="checkbox"
        checked={isChecked}
        disabled={disabled}
        onChange={(event) => onCheck(event.target.checked)}
      />
      <span>{label}</span>
    </label>
  )
}
