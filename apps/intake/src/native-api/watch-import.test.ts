import { expect, test } from 'vitest'

import { callApi, uploadNative } from '../../test/native-upload.ts'
import { startIntake } from '../../test/start-intake.ts'
import { line, seedReference, work } from '../../test/work.ts'

/** How many events are awaited of an import that no worker has taken. */
const WAITING_EVENTS = 2

const intake = await startIntake()
await seedReference(intake)

interface ServerEvent {
  readonly event: string
  readonly id: string
  readonly data: { readonly status: string }
}

/** Reads a stream of events to its end. */
async function* readEvents(response: Response): AsyncGenerator<ServerEvent> {
  let text = ''
  const decoder = new TextDecoder()
  if (response.body === null) return
  for await (const chunk of response.body) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = Object.fromEntries(
        text
          .slice(0, end)
          .split('\n')
          .map((row) => [row.slice(0, row.indexOf(':')), row.slice(row.indexOf(':') + 2)]),
      )
      text = text.slice(end + 2)
      if (fields['event'] === undefined) continue
      yield {
        event: fields['event'],
        id: fields['id'] ?? '',
        data: JSON.parse(fields['data'] ?? ''),
      }
    }
  }
}

const watch = (id: number, headers: Record<string, string> = {}) =>
  callApi(intake, 'GET', `/v1/imports/${id}/events`, { headers })

test('an import is watched from its wait to its end', async () => {
  const id = await uploadNative(intake, line('CODE1'))
  const response = await watch(id)
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  const events: ServerEvent[] = []
  for await (const event of readEvents(response)) {
    events.push(event)
    if (events.length === WAITING_EVENTS) await work(intake, id)
  }
  const waiting = events.slice(0, WAITING_EVENTS)
  expect(waiting.map(({ event, data }) => [event, data.status])).toEqual(waiting.map(() => ['progress', 'queued']))
  expect(events.at(-1)).toMatchObject({ event: 'end', data: { status: 'completed' } })

  // A client that comes back with what it heard last: the end again, or that there is nothing more.
  const again = await readEvents(await watch(id, { 'Last-Event-ID': events[0]?.id ?? '' })).next()
  expect(again.value).toMatchObject({ event: 'end' })
  expect((await watch(id, { 'Last-Event-ID': events.at(-1)?.id ?? '' })).status).toBe(204)
})

test('a watcher hears of the end by whichever process cancels the import, and of the end of its own process', async () => {
  const id = await uploadNative(intake, line('CODE2'))
  const events = readEvents(await watch(id))
  expect((await events.next()).value).toMatchObject({ event: 'progress' })
  await intake.database.prisma.import.update({ where: { id }, data: { status: 'cancelled' } })
  const rest: ServerEvent[] = []
  for await (const event of events) rest.push(event)
  expect(rest.at(-1)).toMatchObject({ event: 'end', data: { status: 'cancelled' } })

  const short = await startIntake()
  const queued = await uploadNative(short, line('CODE3'))
  const cut = readEvents(await callApi(short, 'GET', `/v1/imports/${queued}/events`))
  expect((await cut.next()).value).toMatchObject({ event: 'progress' })
  const stopped = short.stop()
  const heard: ServerEvent[] = []
  for await (const event of cut) heard.push(event)
  await stopped
  expect(heard.every(({ event }) => event === 'progress')).toBe(true)
})
