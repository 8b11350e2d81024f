import { useEffect, useRef, useState } from 'react'

import { uploadFile } from '../../api/upload-file.ts'
import type { ImportView } from '../../api/client.ts'

export interface Upload {
  readonly file: File
  readonly seriesId: string
  readonly fields: Readonly<Record<string, string>>
}

interface State {
  readonly isRunning: boolean
  readonly sentBytes: number
  readonly allBytes: number
  readonly error: unknown
}

const AT_REST: State = { isRunning: false, sentBytes: 0, allBytes: 0, error: null }

/** An upload with progress, which can be cancelled. The same again is one import: it keeps its key until it is answered. */
export function useUpload() {
  const [state, setState] = useState<State>(AT_REST)
  const running = useRef<AbortController | null>(null)
  const key = useRef<{ upload: string; key: string } | null>(null)
  useEffect(() => () => running.current?.abort(), [])

  async function start({ file, seriesId, fields }: Upload): Promise<ImportView | null> {
    const upload = JSON.stringify([file.name, file.size, file.lastModified, seriesId, fields])
    if (key.current?.upload !== upload) key.current = { upload, key: makeKey() }
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.set(name, value)
    form.set('file', file, file.name)
    const controller = new AbortController()
    running.current = controller
    setState({ ...AT_REST, isRunning: true, allBytes: file.size })
    try {
      const made = await uploadFile({
        seriesId,
        form,
        idempotencyKey: key.current.key,
        signal: controller.signal,
        onProgress: (sentBytes, allBytes) => setState((last) => ({ ...last, sentBytes, allBytes })),
      })
      key.current = null
      setState(AT_REST)
      return made
    } catch (error) {
      setState({ ...AT_REST, error: controller.signal.aborted ? null : error })
      return null
    }
  }

  return { ...state, start, cancel: () => running.current?.abort() }
}

/** Random, also where the page came over plain HTTP. */
function makeKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
