/** A child process instead of an app. CHILD_MANNER sets how it behaves. */
import { setTimeout as delay } from 'node:timers/promises'

const manner = process.env['CHILD_MANNER'] ?? ''
process.on('disconnect', () => process.exit(0))
if (manner === 'deaf') process.on('SIGTERM', () => undefined)
else process.on('SIGTERM', () => process.exit(0))

if (manner === 'fails') {
  console.error('a first line')
  console.error('no such luck')
  process.exit(3)
}
if (manner === 'waits') {
  for (let left = 120; left > 0; left -= 1) {
    process.send?.({ type: 'waiting', reason: 'nobody listens' })
    await delay(50)
  }
}
if (manner !== 'never-ready') process.send?.({ type: 'ready' })
if (manner === 'short-lived') process.exit(0)
console.log(`here is ${process.pid} at ${process.env['DATABASE_URL']}`)
