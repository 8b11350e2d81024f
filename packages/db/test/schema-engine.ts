import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import type { SchemaEngine } from '@prisma/schema-engine-wasm'
import pg from 'pg'

type EngineBindings = typeof import('@prisma/schema-engine-wasm') & { __wbg_set_wasm(exports: object): void }

/** What is used of the global WebAssembly: its types come with those of the browser, which do not belong here. */
interface WebAssemblyApi {
  instantiate(
    bytes: Uint8Array,
    imports: Record<string, object>,
  ): Promise<{ instance: { exports: Record<string, unknown> } }>
}

declare global {
  /** Where the engine puts the message of a panic, before it traps: the name is the engine's. */
  var PRISMA_WASM_PANIC_REGISTRY: { set_message(message: string): void } | undefined
}

/** The schema that the migrations are to lead to: path and text. */
export async function readSchemaFile(): Promise<{ path: string; content: string }> {
  const path = fileURLToPath(new URL('../../../prisma/schema.prisma', import.meta.url))
  return { path, content: await readFile(path, 'utf8') }
}

let bindings: Promise<EngineBindings> | undefined

/**
 * Lends Prisma's schema engine, compiled to WebAssembly, on one database and this repository's schema: what the schema and
 * `_prisma_migrations` are held to.
 *
 * The native engine is downloaded at install, from a host that many networks do not reach; this package is the same
 * engine. Node cannot import `.wasm` as a module without a flag, so it is instantiated by hand. The pool is ours because
 * the engine closes none when it is freed.
 */
export async function withSchemaEngine<Result>(
  databaseUrl: string,
  use: (engine: SchemaEngine) => Promise<Result>,
): Promise<Result> {
  bindings ??= loadBindings()
  const { SchemaEngine } = await bindings
  const schema = await readSchemaFile()
  const pool = new pg.Pool({ connectionString: databaseUrl })
  try {
    const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPg(pool))
    const engine = await SchemaEngine.new({ datamodels: [[schema.path, schema.content]] }, () => undefined, adapter)
    try {
      return await use(engine)
    } finally {
      engine.free()
    }
  } finally {
    await pool.end()
  }
}

async function loadBindings(): Promise<EngineBindings> {
  const require = createRequire(import.meta.url)
  const bindingsPath = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg')
  const engine = (await import(bindingsPath)) as EngineBindings
  const bytes = await readFile(bindingsPath.replace(/\.js$/, '.wasm'))
  const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi }
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': engine })
  engine.__wbg_set_wasm(instance.exports)
  globalThis.PRISMA_WASM_PANIC_REGISTRY = {
    set_message(message) {
      throw new Error(`the schema engine panicked: ${message}`)
    },
  }
  const start = instance.exports['__wbindgen_start']
  if (typeof start !== 'function') throw new Error('the schema engine has no __wbindgen_start: its version changed')
  const initialize = start as () => void
  initialize()
  return engine
}
