import { useEffect, useRef, useState, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'

import { Button } from '../design/button.tsx'
import { LiveSwitch } from '../live/live-updates.tsx'
import { useSession } from '../session/session.tsx'
import { HelpDialog } from './help-dialog.tsx'
import styles from './shell.module.css'
import { useShortcuts } from './use-shortcuts.ts'

const VIEWS = [
  { href: '/', text: 'Start', role: 'read' },
  { href: '/imports', text: 'Imports', role: 'read' },
  { href: '/imports/new', text: 'New import', role: 'write' },
  { href: '/redemptions', text: 'Redemptions', role: 'read' },
  { href: '/reference', text: 'Reference data', role: 'read' },
  { href: '/profiles', text: 'Profiles', role: 'read' },
  { href: '/webhooks', text: 'Webhooks', role: 'admin' },
  { href: '/keys', text: 'API keys', role: 'admin' },
] as const

/** Around every view: where to go, who is signed in, and whether the page asks for news. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const { session, may, signOut } = useSession()
  const [path, navigate] = useLocation()
  const [isOpen, setOpen] = useState(false)
  const [isHelpShown, setHelpShown] = useState(false)
  const main = useRef<HTMLElement>(null)
  const shownPath = useRef(path)
  useShortcuts({ onHelp: () => setHelpShown(true), onSearch: () => focusSearch(() => navigate('/imports')) })

  useEffect(() => {
    // A view that was asked for is read from its beginning; the first one is where the browser starts anyway.
    if (shownPath.current !== path) {
      main.current?.focus({ preventScroll: true })
      window.scrollTo(0, 0)
    }
    shownPath.current = path
  }, [path])

  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#content">
        Skip to the content
      </a>
      <header className={styles.header}>
        <div className={styles.brand}>
          <img src="/favicon.svg" alt="" width="26" height="26" />
          <span>Redemptions</span>
          <button
            type="button"
            className={styles.menuButton}
            aria-expanded={isOpen}
            aria-controls="menu"
            onClick={() => setOpen(!isOpen)}
          >
            Menu
          </button>
        </div>
        <nav id="menu" className={styles.nav} data-open={isOpen} aria-label="Views">
          {VIEWS.filter(({ role }) => may(role)).map(({ href, text }) => (
            <Link
              key={href}
              href={href}
              className={styles.link}
              onClick={() => setOpen(false)}
              aria-current={isCurrent(path, href) ? 'page' : undefined}
            >
              {text}
            </Link>
          ))}
          <a href="/docs" className={styles.link}>
            API documentation
          </a>
        </nav>
        <div className={styles.tools}>
          <LiveSwitch />
        </div>
        <div className={styles.who} data-open={isOpen}>
          <div>
            <div className={styles.name}>{session.keyName ?? 'API key without a name'}</div>
            <div className={styles.role}>
              Organization {session.orgId}, role {session.role}
            </div>
          </div>
          <div className={styles.whoActions}>
            <Button look="plain" isSmall onClick={() => setHelpShown(true)}>
              Help
            </Button>
            <Button look="plain" isSmall onClick={signOut}>
              Sign out
            </Button>
          </div>
        </div>
      </header>
      <main ref={main} id="content" className={styles.main} tabIndex={-1}>
        {children}
      </main>
      {isHelpShown && <HelpDialog onClose={() => setHelpShown(false)} />}
    </div>
  )
}

function isCurrent(path: string, href: string): boolean {
  if (href === '/imports') return path === href || /^\/imports\/\d/.test(path)
  return path === href || (href !== '/' && path.startsWith(`${href}/`))
}

/** The view's own search field, or else that of the imports. */
function focusSearch(goToImports: () => void): void {
  const field = document.querySelector<HTMLInputElement>('input[type="search"]')
  if (field === null) {
    goToImports()
    requestAnimationFrame(() => document.querySelector<HTMLInputElement>('input[type="search"]')?.focus())
    return
  }
  field.focus()
  field.select()
}
