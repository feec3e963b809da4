/** References that the cloud has to what is about to go: no row can take them over, so that of the row is to be sent again. */
import { equals } from '#engine/columns/canonical.ts'
import type { Row } from '#engine/model/json.ts'
import { resourceKey, unqualified } from '#engine/plan/resource.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import { rowlessRecords } from '#postgres/statements/resource-rowless.ts'
import type { LoadedState } from '../plan/load-states.ts'
import type { SyncScope } from './sync-scope.ts'

interface ObservedState {
  readonly state: LoadedState
  readonly observed: Row
}

interface Drifted {
  readonly column: string
  readonly table: string
  readonly rowId: number
}

/** By what is observed, the columns that point at what is about to go. */
type LeavingColumns = (observed: ObservedState) => readonly string[]

export async function findLeaving(
  { db, tenant }: Pick<SyncScope, 'db' | 'tenant'>,
  type: ResourceType,
  all: readonly ObservedState[],
): Promise<LeavingColumns> {
  const leaving = new Set<string>()
  const drifted = all.flatMap((one) => driftedReferences(type, one))
  for (const [table, references] of Map.groupBy(drifted, (one) => one.table)) {
    const ids = [...new Set(references.map(({ rowId }) => rowId))]
    for (const id of await rowlessRecords(db, tenant, table, ids)) leaving.add(resourceKey(table, id))
  }
  return (one) =>
    leaving.size === 0
      ? []
      : driftedReferences(type, one).flatMap(({ column, table, rowId }) =>
          leaving.has(resourceKey(table, rowId)) ? [column] : [],
        )
}

function driftedReferences(
  { columns }: ResourceType,
  { state, observed }: ObservedState,
): readonly Drifted[] {
  const { desired, base, isExternal } = state
  if (!desired || !base || isExternal) return []
  return Object.entries(columns).flatMap(([name, column]) => {
    const [wanted, there] = [desired[name] ?? null, observed[name] ?? null]
    if (column.reference?.by !== 'id' || column.nature !== 'argument' || there === null) return []
    // Where nothing is wanted and nothing can be, it is the cloud's to say.
    if (equals(column, wanted, there) || (wanted === null && !column.clearable)) return []
    return [{ column: name, table: unqualified(column.reference.table), rowId: Number(there) }]
  })
}
