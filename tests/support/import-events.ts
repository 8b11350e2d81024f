import type { ImportView } from '@importer/client'

import { TEST_KEY } from './running-system.ts'

export interface ServerEvent {
  readonly event: string
  readonly id: string
  readonly view: ImportView
}

/** The events of an import from the intake app at `url`, as long as it sends them. */
export async function openEvents(url: string, importId: number, lastEventId?: string) {
  const response = await fetch(`${url}/v1/imports/${importId}/events`, {
    headers: {
      Authorization: `Bearer ${TEST_KEY}`,
      ...(lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }),
    },
  })
  return { status: response.status, events: readEvents(response) }
}

async function* readEvents(response: Response): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder()
  let text = ''
  if (response.body === null) return
  try {
    for await (const chunk of response.body) {
      text += decoder.decode(chunk as Uint8Array, { stream: true })
      const [, whole = '', rest = ''] = /^([^]*\n\n)?([^]*)$/.exec(text) ?? []
      text = rest
      for (const [, event = '', id = '', data = ''] of whole.matchAll(/event: (\w+)\nid: (.+)\ndata: (.+)\n\n/g)) {
        yield { event, id, view: JSON.parse(data) as ImportView }
      }
    }
  } catch (error) {
    // The process that sent them is gone: as far as the client is concerned, a stream that ends.
    if (!(error instanceof TypeError)) throw error
  }
}

export async function readToEnd(events: AsyncGenerator<ServerEvent>): Promise<ServerEvent[]> {
  const all: ServerEvent[] = []
  for await (const event of events) all.push(event)
  return all
}
