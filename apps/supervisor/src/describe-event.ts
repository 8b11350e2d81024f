import type { SupervisionEvent } from './supervise-process.ts'

/** What to tell the user about an event: no line, or one. That all is well at first goes without saying. */
export function describeEvent(name: string, event: SupervisionEvent): string[] {
  switch (event.kind) {
    case 'ended':
      return [`${name} ended (${event.how}); starting it again in ${event.restartInMs / 1000} s`]
    case 'ready':
      return event.isRestart ? [`${name} is back`] : []
  }
}
