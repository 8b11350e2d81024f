import { useEffect, useId, type ReactNode } from 'react'

import styles from './design.module.css'

interface PageProps {
  readonly title: string
  readonly lead?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** A view: its title is the heading and the window's. */
export function Page({ title, lead, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Redemptions`
  }, [title])
  return (
    <div className={styles.page}>
      <div className={styles.head}>
        <div className={styles.headText}>
          <h1>{title}</h1>
          {lead !== undefined && <div className={styles.lead}>{lead}</div>}
        </div>
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </div>
      {children}
    </div>
  )
}

interface PanelProps {
  readonly title: string
  readonly aside?: ReactNode
  readonly children: ReactNode
}

export function Panel({ title, aside, children }: PanelProps) {
  const id = useId()
  return (
    <section className={styles.panel} aria-labelledby={id}>
      <div className={styles.panelHead}>
        <h2 id={id}>{title}</h2>
        {aside !== undefined && <div className={styles.actions}>{aside}</div>}
      </div>
      {children}
    </section>
  )
}

/** What is wider than the window scrolls by itself, by keyboard too. */
export function Scroll({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className={styles.scroll} role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  )
}

interface Fact {
  readonly name: string
  readonly value: ReactNode
}

export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl className={styles.facts}>
      {facts.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

interface FigureProps {
  readonly value: string
  readonly label: string
  readonly tone?: 'good' | 'bad' | undefined
}

export function Figures({ figures }: { readonly figures: readonly FigureProps[] }) {
  return (
    <div className={styles.figures}>
      {figures.map(({ value, label, tone }) => (
        <div key={label} className={styles.figure} data-tone={tone}>
          <b>{value}</b>
          <span>{label}</span>
        </div>
      ))}
    </div>
  )
}
