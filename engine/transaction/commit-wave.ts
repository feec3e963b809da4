/** When in a commit a change has its turn: what can be taken back goes first, what cannot, last. */
import { secretMarker } from '#engine/columns/secret-marker.ts'
import type { PlannedChange } from '#engine/plan/planned-change.ts'

type Turn = Pick<PlannedChange, 'action' | 'risk' | 'companion' | 'parent' | 'changed'>

const marker = new RegExp(secretMarker)

/** Secret columns of which nobody here knows the value before: what AWS is given for it cannot be taken back. */
export const overwrittenSecrets = ({
  action,
  changed,
}: {
  readonly action: string
  readonly changed: Turn['changed']
}): readonly string[] =>
  action !== 'update' && action !== 'adopt'
    ? []
    : Object.entries(changed).flatMap(([column, { from, to }]) =>
        from === null && typeof to === 'string' && marker.test(to) ? [column] : [],
      )

/** 0: as if it had never been; 1: made again, under another id; 2: what was stored in it is gone for good. */
export const lastWave = 2

export function waveOf(change: Turn, changes: ReadonlyMap<string, Turn>): number {
  const parent = change.companion && change.parent !== null ? changes.get(change.parent) : undefined
  if (parent) return waveOf(parent, changes)
  if (overwrittenSecrets(change).length > 0) return lastWave
  if (change.action !== 'delete' && change.action !== 'replace') return 0
  return change.risk === 'deletes data' ? 2 : 1
}
