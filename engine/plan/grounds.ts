/** What a change rests on besides its own row: the rows it refers to, and which of their values it uses. */
import { listExpressions } from '#engine/expression/expression.ts'
import { findByName, type KnownResources, mayHoldExpressions, parentOf, tableOf } from './known-resources.ts'
import { type ResourceState, resourceKey, unqualified } from './resource.ts'

export interface Ground {
  readonly resource: ResourceState
  /** Columns of it whose values are sent. */
  readonly used: readonly string[]
}

/** A row that is deleted refers to nothing; what it pointed at may move as it likes. */
export function groundsOf(known: KnownResources, resource: ResourceState): readonly Ground[] {
  const used = new Map<ResourceState, Set<string>>()
  const use = (target: ResourceState | undefined, column?: string): void => {
    if (!target || target === resource) return
    const columns = used.get(target) ?? new Set()
    used.set(target, column === undefined ? columns : columns.add(column))
    // A companion comes and goes with its parent.
    use(parentOf(known, target))
  }
  for (const [name, column] of Object.entries(tableOf(known, resource).columns)) {
    const value = resource.desired?.[name] ?? null
    if (value === null) continue
    if (column.reference) {
      const { by } = column.reference
      const { table } = column.reference
      if (by === 'id') use(known.byKey.get(resourceKey(unqualified(table), Number(value))))
      else use(findByName(known, column.reference, value, { resource, side: 'desired' }), by)
    }
    for (const expression of mayHoldExpressions(column) ? listExpressions(value) : []) {
      use(known.byKey.get(resourceKey(expression.table, expression.id)), expression.column)
    }
  }
  return [...used].map(([target, columns]) => ({ resource: target, used: [...columns].sort() }))
}
