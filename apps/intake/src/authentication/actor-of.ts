import type { Actor } from '@importer/contracts'

import type { Principal } from './authenticate.ts'

/** Who acts, as timelines and the audit list name it: the key by its name, or by its number where it has none. */
export function actorOf({ id, name }: Pick<Principal, 'id' | 'name'>): Actor {
  return { type: 'key', name: name ?? `key ${id}` }
}
