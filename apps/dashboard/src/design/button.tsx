import type { ComponentProps, ReactNode } from 'react'
import { Link } from 'wouter'

import styles from './design.module.css'
import { joinNames } from './join-names.ts'

export type ButtonLook = 'primary' | 'danger' | 'plain' | 'usual'

interface Look {
  readonly look?: ButtonLook
  readonly isSmall?: boolean
}

function namesOf({ look = 'usual', isSmall = false }: Look): string {
  return joinNames(styles.button, look === 'usual' ? undefined : styles[look], isSmall && styles.small)
}

export function Button({ look, isSmall, ...rest }: Look & Omit<ComponentProps<'button'>, 'className'>) {
  return <button type="button" {...rest} className={namesOf({ ...(look && { look }), ...(isSmall && { isSmall }) })} />
}

interface LinkProps extends Look {
  readonly href: string
  readonly children: ReactNode
}

/** A link to another view that looks like a button. */
export function ButtonLink({ look, isSmall, href, children }: LinkProps) {
  return (
    <Link href={href} className={namesOf({ ...(look && { look }), ...(isSmall && { isSmall }) })}>
      {children}
    </Link>
  )
}

/** A download: the browser sends the session's cookie with it. */
export function DownloadLink({ look, isSmall, href, children }: LinkProps) {
  return (
    <a href={href} download className={namesOf({ ...(look && { look }), ...(isSmall && { isSmall }) })}>
      {children}
    </a>
  )
}
