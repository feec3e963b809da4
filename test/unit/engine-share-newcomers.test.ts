import { expect, test } from 'vitest'
import { shareOf } from '#engine/plan/share-newcomers.ts'

test.each([
  ['what came alone is taken', { 1: ['a'] }, [{ kind: 'one', id: 'a' }]],
  ['nothing came', { 1: [] }, [{ kind: 'none' }]],
  ['more came than was called for', { 1: ['b', 'a'] }, [{ kind: 'several', ids: ['a', 'b'] }]],
  [
    'as many as was called for are shared',
    { 1: ['a', 'b'], 2: ['a', 'b'] },
    [
      { kind: 'one', id: 'a' },
      { kind: 'one', id: 'b' },
    ],
  ],
  [
    'who called later does not know what came before, and gets what came after',
    { 1: ['a', 'b'], 2: ['a'] },
    [
      { kind: 'one', id: 'b' },
      { kind: 'one', id: 'a' },
    ],
  ],
  ['of two calls one was in vain', { 1: ['a'], 2: ['a'] }, [{ kind: 'one', id: 'a' }, { kind: 'none' }]],
  [
    'strangers elsewhere do not count',
    { 1: ['a'], 2: ['b', 'c'] },
    [
      { kind: 'one', id: 'a' },
      { kind: 'several', ids: ['b', 'c'] },
    ],
  ],
])('%s', (_, newcomers, shares) => {
  const known = new Map(Object.entries(newcomers).map(([row, ids]) => [Number(row), ids]))

  expect([...known.keys()].map((row) => shareOf(known, row))).toEqual(shares)
})

test('what is left for others stays the same when one has taken its share', () => {
  const all = new Map([
    [1, ['a', 'b', 'c']],
    [2, ['b', 'c']],
    [3, ['c']],
    [4, ['c']],
  ])
  const shares = [...all.keys()].map((row) => shareOf(all, row))
  const taken = shares.flatMap((share) => (share.kind === 'one' ? [share.id] : []))

  expect(new Set(taken).size).toBe(taken.length)
  for (const [index, row] of [...all.keys()].entries()) {
    const share = shares[index]
    const rest = new Map(
      [...all]
        .filter(([other]) => other !== row)
        .map(([other, ids]) => [other, ids.filter((id) => share?.kind !== 'one' || id !== share.id)]),
    )
    const before = shares.filter((_, at) => at !== index)
    if (share?.kind === 'one') expect([...rest.keys()].map((other) => shareOf(rest, other))).toEqual(before)
  }
})
