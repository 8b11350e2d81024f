import { createApiKey, type Database } from '@importer/db'

import { waitUntil } from './wait-until.ts'

/** `GET /v1/imports/{id}`, as far as tests look at it. */
export interface ImportView {
  readonly status: string
  readonly counts: {
    readonly rows: number
    readonly inserted: number
    readonly duplicates: number
    readonly rejected: number
  }
  readonly errorsByCode: Readonly<Record<string, number>>
  readonly failure: { readonly code: string; readonly message: string } | null
}

/** A client of an organization of its own, with a key that may do everything. */
export async function openOrganization(database: Database, baseUrl: string, orgId: number) {
  const { key } = await createApiKey(database, { orgId, role: 'admin', name: 'test' })

  const headers = { Authorization: `Bearer ${key}` }

  async function send(
    pathName: string,
    init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {},
  ): Promise<Response> {
    return fetch(new URL(pathName, baseUrl), { ...init, headers: { ...headers, ...init.headers } })
  }

  async function read<View>(pathName: string): Promise<View> {
    return (await (await send(pathName)).json()) as View
  }

  async function put(kind: string, body: string | Uint8Array<ArrayBuffer>): Promise<Response> {
    return send(`/v1/reference/${kind}`, { method: 'PUT', body: new Blob([body]) })
  }

  /** Sends a form to the native API and gives its answer. */
  async function upload(
    series: number,
    fields: Readonly<Record<string, string>>,
    file: { readonly name: string; readonly content: string | Uint8Array<ArrayBuffer> },
  ): Promise<Response> {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.append(name, value)
    form.append('file', new Blob([file.content]), file.name)
    return send(`/v1/series/${series}/imports`, { method: 'POST', body: form })
  }

  async function waitForEnd(id: number): Promise<ImportView> {
    return waitUntil(`import ${id} was finished`, async () => {
      const view = await read<ImportView>(`/v1/imports/${id}`)
      return view.status === 'queued' || view.status === 'processing' ? null : view
    })
  }

  /** Uploads, waits for the end, and gives the import's id with what became of it. */
  async function importFile(
    ...arrival: Parameters<typeof upload>
  ): Promise<{ readonly id: number; readonly view: ImportView }> {
    const response = await upload(...arrival)
    const body = await response.text()
    if (response.status !== 202) throw new Error(`the upload was refused: ${body}`)
    const { id } = JSON.parse(body) as { id: number }
    return { id, view: await waitForEnd(id) }
  }

  return { send, read, put, upload, waitForEnd, importFile }
}

export type OrganizationClient = Awaited<ReturnType<typeof openOrganization>>
