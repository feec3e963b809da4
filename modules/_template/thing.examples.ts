/** What a thing looks like, changed in place and replaced. */
import { examplesOf } from '../kit/index.ts'
import { thing } from './thing.ts'

export const thingExamples = examplesOf(thing, {
  base: { name: 'first', tags: { team: 'search' } },
  update: { tags: { tier: '1' } },
  replace: { name: 'second' },
})
