import type { DatabaseUrls } from '@importer/embedded-postgres'

export const TEMPLATE_DATABASE = 'importer_template'

/** The same server and user, another database. */
export function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  return url.href
}

/** The same for both roles. */
export function databaseUrls({ url, ownerUrl }: DatabaseUrls, database: string): DatabaseUrls {
  return { url: databaseUrl(url, database), ownerUrl: databaseUrl(ownerUrl, database) }
}
