import type { SupervisionEvent } from './supervise-process.ts'

/** Tells the user about an event in a line. That something is ready for the first time goes without saying. */
export function reportEvent(name: string, event: SupervisionEvent, output: (line: string) => void): void {
  switch (event.kind) {
    case 'ended':
      output(`${name} ended (${event.how}); starting it again in ${event.restartInMs / 1000} s`)
      break
    case 'ready':
      if (event.isRestart) output(`${name} is back`)
      break
  }
}
