/** Which rows get their old one back from a replacement that stopped half-way. */
import { expect, test } from 'vitest'
import { type Half, keptHalves } from '#engine/transaction/kept-halves.ts'

const half = (key: string, more: Partial<Half> = {}): Half => ({
  key,
  within: [],
  ...more,
})
const keysOf = (halves: readonly Half[], anew: readonly string[] = halves.map(({ key }) => key)) =>
  [...keptHalves(halves, new Set(anew))].sort()

test('an old one that stands on its own is kept', () => {
  expect(keysOf([half('guard/1')])).toEqual(['guard/1'])
})

test('parts are kept with the whole, however deep', () => {
  const halves = [half('a/3', { within: ['a/2'] }), half('a/2', { within: ['a/1'] }), half('a/1')]

  expect(keysOf(halves)).toEqual(['a/1', 'a/2', 'a/3'])
})

test('and lost with it', () => {
  const halves = [
    half('a/3', { within: ['a/2'] }),
    half('a/2', { within: ['a/1'] }),
    half('a/1', { within: ['network/1'] }),
    half('b/1'),
  ]

  expect(keysOf(halves, ['a/1', 'a/2', 'a/3', 'b/1', 'network/1'])).toEqual(['b/1'])
})

test('a part of what was deleted or wholly replaced is lost, one of what was left alone is not', () => {
  const halves = [half('a/1', { within: ['network/1'] }), half('a/2', { within: ['network/2'] })]

  expect(keysOf(halves, ['a/1', 'a/2', 'network/1'])).toEqual(['a/2'])
})

test('what is part of itself is kept', () => {
  expect(keysOf([half('a/1', { within: ['a/1'] })])).toEqual(['a/1'])
})
