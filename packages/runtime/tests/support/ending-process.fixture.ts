/** A process that logs and ends in the way that its argument names, or goes on. */
import { createLog } from '../../src/log.ts'

const log = createLog({ name: 'ending process', level: 'info' })
log.info('first')
log.info('second')
switch (process.argv[2]) {
  case 'exit': {
    process.exit(0)
    break
  }
  case 'warn and be killed': {
    log.warn('third')
    process.kill(process.pid, 'SIGKILL')
    break
  }
  default: {
    setInterval(() => undefined, 60_000)
  }
}
