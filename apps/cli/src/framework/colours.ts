import pc from 'picocolors'

import type { Screen, Terminal } from './terminal.ts'

export type Colours = ReturnType<typeof pc.createColors>

/** Colours for a stream: none where it is no terminal, with NO_COLOR (https://no-color.org) or on a dumb terminal. */
export function createColours({ env }: Pick<Terminal, 'env'>, stream: Screen): Colours {
  return pc.createColors(stream.isTTY === true && !env.noColours)
}
