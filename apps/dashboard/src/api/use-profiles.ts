import { useQuery } from '@tanstack/react-query'

import { client } from './client.ts'

/** More than an organization can have. */
const ALL = 1_000

/** All profiles, to choose from. */
export function useProfiles() {
  return useQuery({
    queryKey: ['profiles', 'all'],
    queryFn: async ({ signal }) => (await client.listImportProfiles({ limit: ALL }, { signal })).items,
  })
}
