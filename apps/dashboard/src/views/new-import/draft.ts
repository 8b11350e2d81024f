import { NO_SETTINGS, type Settings } from './settings.ts'

export interface Draft {
  readonly file: File | null
  readonly seriesId: string
  readonly settings: Settings
  /** The check that was made of it. */
  readonly checkedAs: number | null
}

const NO_DRAFT: Draft = { file: null, seriesId: '', settings: NO_SETTINGS, checkedAs: null }
const kept = { draft: NO_DRAFT }

/** What was chosen and is not imported yet: whoever looks at the result of a check finds it as it was. */
export function readDraft(): Draft {
  return kept.draft
}

export function keepDraft(draft: Draft): void {
  kept.draft = draft
}

export function forgetDraft(): void {
  kept.draft = NO_DRAFT
}
