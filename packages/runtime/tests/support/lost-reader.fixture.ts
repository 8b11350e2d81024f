/** A process that goes on logging when its reader and its parent are gone, and then ends by a fatal error. */
import { createLog } from '../../src/log.ts'

const log = createLog({ name: 'lost reader', level: 'info' })
log.info('begin')
process.once('disconnect', () => {
  log.info('nobody reads this')
  log.fatal('nor this')
  process.exit(3)
})
process.send?.('ready')
