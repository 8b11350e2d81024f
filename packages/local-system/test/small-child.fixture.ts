/** A child process instead of an app. CHILD_MANNER sets how it behaves. */
const manner = process.env['CHILD_MANNER'] ?? ''
process.on('disconnect', () => process.exit(0))
if (manner === 'deaf') process.on('SIGTERM', () => undefined)
else process.on('SIGTERM', () => process.exit(0))

if (manner === 'fails') {
  console.error('a first line')
  console.error('no such luck')
  process.exit(3)
}
if (manner !== 'never-ready') process.send?.({ type: 'ready' })
if (manner === 'short-lived') process.exit(0)
console.log(`here is ${process.pid} at ${process.env['DATABASE_URL']}`)
