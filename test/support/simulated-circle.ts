/** What no order can do: changes that wait for one another, and moves of which none can be first. */
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import type { TableLookup } from '#engine/plan/resource.ts'

/** The changes wait for one another, and no column can be left for later. */
export class Circle extends Error {}

/** Where each move is a call, none of those that go round can be first, and AWS refuses it. */
export function refuseRings(changes: readonly PlannedChange[], tables: TableLookup): void {
  const moves = changes.filter(({ action, table }) => action === 'update' && !tables.get(table)?.grouped)
  const leavers = new Map(moves.flatMap((move) => move.frees.map(({ name }) => [name, move] as const)))
  for (const move of moves) {
    const followed = new Set<PlannedChange>()
    for (let next: PlannedChange | undefined = move; next && !followed.has(next); ) {
      followed.add(next)
      next = next.takes.map(({ name }) => leavers.get(name)).find((one) => one !== undefined)
      if (next === move)
        throw new Circle(`moves in a circle: ${[...followed].map(({ key }) => key).join(', ')}`)
    }
  }
}
