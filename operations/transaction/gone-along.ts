/** Rows that AWS made along with what a transaction itself has made: where that goes, they do not come back. */
import { resourceKey, unqualified } from '#engine/plan/resource.ts'
import type { Weighed } from './weigh-edits.ts'

export function goneAlong(weighed: readonly Weighed[]): ReadonlySet<string> {
  const going = new Set(
    weighed.flatMap(({ net, restoration }) => (restoration.kind === 'delete' ? [net.key] : [])),
  )
  return new Set(
    weighed.flatMap(({ net, type, restoration }) => {
      if (restoration.kind !== 'insert') return []
      const goes = type.createdWith.some(({ parent, via }) =>
        going.has(resourceKey(unqualified(parent), Number(restoration.values[via]))),
      )
      return goes ? [net.key] : []
    }),
  )
}
