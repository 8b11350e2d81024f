import { DELIVERY_STATUSES, type DeliveryView } from '@importer/contracts'
import { Option, type Command } from 'commander'

import { CliError } from '../framework/cli-error.ts'
import { addExamples, runCommand, type CommandContext, type Result } from '../framework/define-command.ts'
import { readCount, readId } from '../framework/read-options.ts'
import type { Session } from '../framework/session.ts'
import { showFields } from './reference-command.ts'

interface DeliveriesOptions {
  readonly endpoint?: string
  readonly import?: string
  readonly status?: (typeof DELIVERY_STATUSES)[number]
  readonly limit?: number
  readonly cursor?: string
}

interface RedeliverOptions {
  readonly since?: string
  readonly until?: string
  readonly endpoint?: string
  readonly status?: 'failed' | 'delivered'
}

/** What was sent, how often it was tried, and once more. */
export function addDeliveryCommands(webhooks: Command, context: CommandContext): void {
  const list = webhooks
    .command('deliveries')
    .description('list what was sent or is to be sent, newest first')
    .option('--endpoint <id>', 'to this endpoint', readId)
    .option('--import <id>', 'about this import', readId)
    .addOption(new Option('--status <status>', 'only those').choices(DELIVERY_STATUSES))
    .option('--limit <number>', 'how many at most; by default 50', readCount)
    .option('--cursor <text>', 'the nextCursor of the page before')
    .action(runCommand(context, listDeliveries))
  addExamples(list, [['what failed', 'redemptions webhooks deliveries --status failed']])

  const get = webhooks
    .command('delivery')
    .description('show a delivery with its attempts')
    .argument('<id>', "the delivery's id", readId)
    .action(
      runCommand(context, async (session, deliveryId: string) =>
        showDelivery(session, await (await session.api()).showWebhookDelivery({ deliveryId })),
      ),
    )
  addExamples(get, [['one', 'redemptions webhooks delivery 1']])

  const redeliver = webhooks
    .command('redeliver')
    .description('send a delivery again, or with --since all that failed from then on')
    .argument('[id]', "the delivery's id", readId)
    .option('--since <time>', 'deliveries made from this instant on, such as 2026-11-24T00:00:00Z')
    .option('--until <time>', 'before this instant')
    .option('--endpoint <id>', 'only to this endpoint', readId)
    .addOption(new Option('--status <status>', 'by default failed').choices(['failed', 'delivered']))
    .action(
      runCommand(context, async (session, deliveryId: string | undefined, options: RedeliverOptions) => {
        if ((deliveryId === undefined) === (options.since === undefined)) {
          throw new CliError('redeliver needs a delivery or --since; expected one of them')
        }
        if (deliveryId === undefined) return redeliverMany(session, options.since ?? '', options)
        return showDelivery(session, await (await session.api()).redeliverWebhook({ deliveryId }))
      }),
    )
  addExamples(redeliver, [
    ['one', 'redemptions webhooks redeliver 1'],
    ['after the receiver was away', 'redemptions webhooks redeliver --since 2026-11-24T00:00:00Z'],
  ])
}

async function listDeliveries(
  session: Session,
  { endpoint, import: importId, ...options }: DeliveriesOptions,
): Promise<Result> {
  const page = await (await session.api()).listWebhookDeliveries({ ...options, endpointId: endpoint, importId })
  const rows = page.items.map(({ id, eventType, status, attempts, importId: about, createdAt, url }) => [
    String(id),
    status,
    // Of many the last are listed alone.
    String(attempts.at(-1)?.number ?? 0),
    eventType,
    about === null ? '' : String(about),
    createdAt,
    url,
  ])
  const head = ['id', 'status', 'attempts', 'event', 'import', 'created', 'url']
  const [first] = page.items
  return {
    json: page,
    text: rows.length === 0 ? 'no deliveries' : session.table(head, rows, { right: [0, 2] }),
    next: first === undefined ? [] : [`webhooks delivery ${first.id}`],
  }
}

function showDelivery(session: Session, delivery: DeliveryView): Result {
  const { attempts, ...fields } = delivery
  const rows = attempts.map(({ number, startedAt, durationMs, status, error, answer }) => [
    String(number),
    startedAt,
    durationMs === null ? '' : `${durationMs} ms`,
    String(status ?? error ?? ''),
    answer ?? '',
  ])
  const table = session.table(['attempt', 'started', 'took', 'answer', 'text'], rows, { right: [0, 2] })
  return { json: delivery, text: rows.length === 0 ? showFields(fields) : `${showFields(fields)}\n\n${table}` }
}

/** Page by page, until all of the range is sent. */
async function redeliverMany(
  session: Session,
  since: string,
  { until, endpoint, status }: RedeliverOptions,
): Promise<Result> {
  const api = await session.api()
  let redelivered = 0
  let cursor: string | null = null
  do {
    const page: { redelivered: number; nextCursor: string | null } = await api.redeliverWebhooks({
      body: {
        since,
        until,
        endpointId: endpoint === undefined ? undefined : Number(endpoint),
        status,
        cursor: cursor ?? undefined,
      },
    })
    redelivered += page.redelivered
    cursor = page.nextCursor
  } while (cursor !== null)
  return { json: { redelivered }, text: `${redelivered} deliveries are sent again` }
}
