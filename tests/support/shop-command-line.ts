import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'

import type { ImportView } from '@importer/client'

import { afterFile } from './after-file.ts'
import { openCommandLine, type CommandLine, type Ended } from './command-line.ts'
import { startSystem, type RunningSystem } from './running-system.ts'
import { openShop, SHOP_HEADER, SHOP_SERIES, shopRow } from './small-shop.ts'

export const COLUMNS = ['--customer', 'mobile=2', '--coupon', 'code=3', '--column', 'date=0', '--column', 'till=1']
/** Imports a file of the shop; its name is to follow. */
export const IMPORT = ['import', '--series', String(SHOP_SERIES), ...COLUMNS]
export const UNKNOWN_COUPON = shopRow(1).replace('C1', 'nothing')

/** The command line in a folder of its own, on a system with the small shop. */
export interface ShopCommandLine {
  readonly system: RunningSystem
  readonly cli: CommandLine
  /** An import with an inserted row, a duplicate and two rejected ones; its file is `partial.csv`. */
  readonly partial: ImportView
  /** Makes a file in the folder; gives its name. */
  put(name: string, content: string | Uint8Array): Promise<string>
  read(name: string): Promise<string>
}

/** Stopped when the test file is done. */
export async function openShopCommandLine(): Promise<ShopCommandLine> {
  const system = await startSystem()
  afterFile(() => system.stop())
  const cli = await openCommandLine(system)
  const put: ShopCommandLine['put'] = async (name, content) => {
    await writeFile(path.join(cli.folder, name), content)
    return name
  }
  await openShop(system.client, 2_000)
  const rows = `${shopRow(1)}\n${shopRow(1)}\n${UNKNOWN_COUPON}\n${shopRow(2).replace('50001', '99')}\n`
  await put('partial.csv', SHOP_HEADER + rows)
  const partial = readView(await cli.run([...IMPORT, 'partial.csv', '--wait', '--json']))
  return { system, cli, partial, put, read: async (name) => readFile(path.join(cli.folder, name), 'utf8') }
}

/** What a command with `--json` says of an import. */
export function readView({ stdout }: Ended): ImportView & { replayed?: boolean } {
  return JSON.parse(stdout) as ImportView
}
