import { describe, expect, it } from 'vitest'

import { drawSteps, type Step } from './draw-step.ts'

function draw(seed: number, count: number): Step[] {
  const steps = drawSteps(seed, 'redis', 's3')
  return Array.from({ length: count }, () => steps.next().value)
}

describe('the steps of a run', () => {
  it('are the same for the same seed, and others for another one', () => {
    expect(draw(7, 40)).toEqual(draw(7, 40))
    expect(draw(7, 40)).not.toEqual(draw(8, 40))
  })

  it.each([1, 2, 3, 4, 5, 6])('have each format, either API and a dry run among the first six, seed %i', (seed) => {
    const uploads = draw(seed, 6).flatMap((step) => step.uploads)
    expect(new Set(uploads.map(({ format }) => format))).toEqual(new Set(['csv', 'gzip', 'workbook']))
    expect(new Set(uploads.map(({ api }) => api))).toEqual(new Set(['native', 'compatible']))
    expect(uploads.some(({ isDryRun }) => isDryRun)).toBe(true)
  })

  it('begin with what every run has to meet', () => {
    expect(draw(7, 2).map(({ fault }) => fault)).toEqual(['freeze-worker', 'storage-slow'])
  })
})
