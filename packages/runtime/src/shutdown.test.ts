import { EventEmitter } from 'node:events'

import { describe, expect, it } from 'vitest'

import { createLog } from './log.ts'
import { createShutdown, listenForSignals } from './shutdown.ts'

function start(deadlineMs = 5000) {
  const lines: string[] = []
  const log = createLog({ name: 'test', level: 'error', destination: { write: (line) => lines.push(line) } })
  return { lines, shutdown: createShutdown({ log, deadlineMs }) }
}

const never = () => new Promise<void>(() => {})

describe('createShutdown', () => {
  it('releases in reverse order, one after the other, once', async () => {
    const { shutdown } = start()
    const released: string[] = []
    for (const name of ['database', 'queue', 'server']) {
      shutdown.add(name, async () => {
        released.push(`${name} begins`)
        await Promise.resolve()
        released.push(`${name} ends`)
      })
    }
    const first = shutdown.run('SIGTERM')
    const second = shutdown.run('SIGINT')
    expect(await first).toBe(true)
    expect(await second).toBe(true)
    expect(await shutdown.run('again')).toBe(true)
    expect(released).toEqual([
      'server begins',
      'server ends',
      'queue begins',
      'queue ends',
      'database begins',
      'database ends',
    ])
  })

  it('goes on when a release fails, and says so', async () => {
    const { shutdown, lines } = start()
    let released = false
    shutdown.add('database', () => {
      released = true
    })
    shutdown.add('queue', () => {
      throw new Error('broken pipe')
    })
    expect(await shutdown.run('SIGTERM')).toBe(false)
    expect(released).toBe(true)
    expect(lines.join('')).toContain('broken pipe')
  })

  it('abandons what does not answer by the deadline', async () => {
    const { shutdown, lines } = start(20)
    shutdown.add('database', () => undefined)
    shutdown.add('server', never)
    expect(await shutdown.run('SIGTERM')).toBe(false)
    expect(lines.join('')).toContain('not released within')
    expect(lines.join('')).toContain('"abandoned":["database"]')
  })

  it('says that it stops before it releases anything', async () => {
    const { shutdown } = start()
    const seen: boolean[] = []
    shutdown.add('database', () => void seen.push(shutdown.signal.aborted))
    seen.push(shutdown.signal.aborted)
    await shutdown.run('SIGTERM')
    expect(seen).toEqual([false, true])
  })

  it('releases what a start acquires after stopping began', async () => {
    const { shutdown } = start()
    const released: string[] = []
    shutdown.add('server', () => {
      shutdown.add('late', () => void released.push('late'))
    })
    await shutdown.run('start failed')
    expect(released).toEqual(['late'])
    shutdown.add('later', () => void released.push('later'))
    expect(released).toEqual(['late', 'later'])
  })
})

describe('listenForSignals', () => {
  it.each([
    { connected: false, events: ['SIGTERM', 'SIGINT'] },
    { connected: true, events: ['SIGTERM', 'SIGINT', 'disconnect'] },
  ])('hears $events when connected is $connected', ({ connected, events }) => {
    for (const event of events) {
      const source = Object.assign(new EventEmitter(), { connected })
      const reasons: string[] = []
      const stopListening = listenForSignals((reason) => reasons.push(reason), source)
      expect(source.eventNames()).toEqual(events)
      source.emit(event)
      for (const other of events) source.emit(other)
      expect(reasons).toEqual([event])
      stopListening()
      expect(source.eventNames()).toEqual([])
    }
  })
})
