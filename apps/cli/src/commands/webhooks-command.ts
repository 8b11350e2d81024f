import { ENDPOINT_STATUSES, IMPORT_EVENT_TYPES, type EndpointView } from '@importer/contracts'
import { Option, type Command } from 'commander'

import { addExamples, runCommand, type CommandContext, type Result } from '../framework/define-command.ts'
import { collect, readId } from '../framework/read-options.ts'
import type { Session } from '../framework/session.ts'
import { addDeliveryCommands } from './webhook-delivery-commands.ts'
import { showFields } from './reference-command.ts'

type EventType = (typeof IMPORT_EVENT_TYPES)[number]

interface EndpointOptions {
  readonly event?: readonly EventType[]
  readonly description?: string
  readonly status?: (typeof ENDPOINT_STATUSES)[number]
}

/** `webhooks …`: who is notified, and what came of it. */
export function addWebhooksCommand(program: Command, context: CommandContext): void {
  const webhooks = program.command('webhooks').description('endpoints that are notified, and their deliveries')
  addEndpointCommands(webhooks, context)
  addDeliveryCommands(webhooks, context)
}

function addEndpointCommands(webhooks: Command, context: CommandContext): void {
  const list = webhooks
    .command('list')
    .description('list the endpoints')
    .action(
      runCommand(context, async (session) => {
        const page = await (await session.api()).listWebhookEndpoints({ limit: 200 })
        return { json: page, text: page.items.length === 0 ? 'no endpoints' : tableOfEndpoints(session, page.items) }
      }),
    )
  addExamples(list, [['who is notified', 'redemptions webhooks list']])

  const create = withEndpointOptions(
    webhooks
      .command('create')
      .description('make an endpoint; its secret is printed this once')
      .requiredOption('--endpoint-url <url>', 'where to: https, and public unless the importer allows others'),
  ).action(
    runCommand(context, async (session, options: EndpointOptions & { endpointUrl: string }) => {
      const { endpointUrl, event, description } = options
      const made = await (
        await session.api()
      ).createWebhookEndpoint({
        body: { url: endpointUrl, eventTypes: event && [...event], description },
      })
      session.notify('The secret is shown here and never again')
      return { json: made, text: showFields(made), next: [`webhooks test ${made.id}`] }
    }),
  )
  addExamples(create, [
    [
      'be notified of the ends',
      'redemptions webhooks create --endpoint-url https://example.com/hook --event import.completed --event import.failed',
    ],
  ])

  const get = one(webhooks, 'get', 'show an endpoint').action(
    runCommand(context, async (session, endpointId: string) =>
      show(await (await session.api()).showWebhookEndpoint({ endpointId })),
    ),
  )
  addExamples(get, [['one', 'redemptions webhooks get 1']])

  const update = withEndpointOptions(
    one(webhooks, 'update', 'change an endpoint')
      .option('--endpoint-url <url>', 'another address')
      .addOption(new Option('--status <status>', 'active forgives earlier failures').choices(ENDPOINT_STATUSES)),
  ).action(
    runCommand(context, async (session, endpointId: string, options: EndpointOptions & { endpointUrl?: string }) => {
      const { endpointUrl, event, description, status } = options
      const changed = await (
        await session.api()
      ).changeWebhookEndpoint({
        endpointId,
        body: { url: endpointUrl, eventTypes: event && [...event], description, status },
      })
      return show(changed)
    }),
  )
  addExamples(update, [
    ['only the ends that somebody has to look at', 'redemptions webhooks update 1 --event import.failed'],
  ])

  const remove = one(webhooks, 'delete', 'delete an endpoint: it is sent nothing more').action(
    runCommand(context, async (session, endpointId: string) => {
      await (await session.api()).deleteWebhookEndpoint({ endpointId })
      return { json: { id: Number(endpointId), deleted: true }, text: `Endpoint ${endpointId} is deleted.` }
    }),
  )
  addExamples(remove, [['for good', 'redemptions webhooks delete 1']])

  const rotate = one(webhooks, 'rotate-secret', 'make a new secret; the one before signs too for a while').action(
    runCommand(context, async (session, endpointId: string) =>
      show(await (await session.api()).rotateEndpointSecret({ endpointId })),
    ),
  )
  addExamples(rotate, [['a new secret', 'redemptions webhooks rotate-secret 1']])

  const test = one(webhooks, 'test', 'send a test event to an endpoint').action(
    runCommand(context, async (session, endpointId: string) => {
      const delivery = await (await session.api()).testWebhookEndpoint({ endpointId })
      return { ...show(delivery), next: [`webhooks delivery ${delivery.id}`] }
    }),
  )
  addExamples(test, [['does it answer', 'redemptions webhooks test 1']])

  const secret = webhooks
    .command('secret')
    .description("show the organization's secret, which signs what is sent to callback URLs")
    .option('--rotate', 'make a new one; the one before signs too for a while')
    .action(
      runCommand(context, async (session, { rotate: isNew }: { rotate?: true }) => {
        const api = await session.api()
        return show(isNew === true ? await api.rotateWebhookSecret() : await api.showWebhookSecret())
      }),
    )
  addExamples(secret, [['for the receiver of --callback-url', 'redemptions webhooks secret']])
}

function one(webhooks: Command, name: string, description: string): Command {
  return webhooks.command(name).description(description).argument('<id>', "the endpoint's id", readId)
}

function withEndpointOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--event <type>', 'only these; may be repeated; by default all')
        .choices(IMPORT_EVENT_TYPES)
        .argParser((type: string, before: string[] | undefined) => collect(type, before)),
    )
    .option('--description <text>', 'what it is for')
}

function show(item: object): Result {
  return { json: item, text: showFields(item) }
}

function tableOfEndpoints(session: Session, endpoints: readonly EndpointView[]): string {
  const rows = endpoints.map(({ id, url, status, disabledReason, eventTypes, description }) => [
    String(id),
    disabledReason === null ? status : `${status}, ${disabledReason}`,
    eventTypes.length === 0 ? 'all' : eventTypes.join(' '),
    description ?? '',
    url,
  ])
  return session.table(['id', 'status', 'events', 'description', 'url'], rows, { right: [0] })
}
