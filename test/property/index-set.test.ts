/** The reducer's sets of step indexes against the language's own. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { emptySet, hasIndex, indexesOf, withIndex, withoutIndex } from '#engine/execute/index-set.ts'

const index = fc.integer({ min: 0, max: 400 })
const changes = fc.array(fc.record({ isComing: fc.boolean(), index }), { maxLength: 200 })

test('holds whoever has come and not gone, once, and leaves earlier sets as they were', () => {
  fc.assert(
    fc.property(changes, index, (steps, probe) => {
      const own = new Set<number>()
      let set = emptySet
      for (const { isComing, index: one } of steps) {
        const before = { set, indexes: indexesOf(set) }
        if (isComing) own.add(one)
        else own.delete(one)
        set = isComing ? withIndex(set, one) : withoutIndex(set, one)
        expect(indexesOf(before.set)).toEqual(before.indexes)
      }
      expect(indexesOf(set).toSorted((a, b) => a - b)).toEqual([...own].sort((a, b) => a - b))
      expect(set.size).toBe(own.size)
      expect(hasIndex(set, probe)).toBe(own.has(probe))
    }),
  )
})
