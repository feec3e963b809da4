/** Where AWS takes the writes of many rows in one call, the first row of each call bears it in the plan. */
import type { Row } from '#engine/model/json.ts'
import type { GroupedCalls, TableSpec } from '#engine/model/table.ts'
import { type KnownResources, tableOf } from './known-resources.ts'
import type { PlannedChange } from './planned-change.ts'

type Kind = keyof GroupedCalls['by']

export function shareCalls(
  known: KnownResources,
  changes: readonly PlannedChange[],
): readonly PlannedChange[] {
  const counts = new Map<string, number>()
  /** Whether another row's call has room for this write. */
  const rides = ({ place }: PlannedChange, table: TableSpec, kind: Kind, row: Row): boolean => {
    if (!table.grouped) return false
    const key = [table.name, place.accountId, place.region, kind, callGroup(table.grouped, kind, row)].join(
      ' ',
    )
    const count = counts.get(key) ?? 0
    counts.set(key, count + 1)
    return count % table.grouped.max !== 0
  }
  return changes.map((change) => {
    const resource = known.byKey.get(change.key)
    if (!resource || change.companion) return change
    const table = tableOf(known, resource)
    if (!table.grouped) return change
    const before = resource.observed ?? resource.base ?? {}
    const desired = resource.desired ?? {}
    const ridden = kindsOf(change, table).filter((kind) =>
      rides(change, table, kind, kind === 'delete' ? before : desired),
    )
    return ridden.length > 0 ? { ...change, calls: change.calls - ridden.length } : change
  })
}

/** The same text for writes of one kind that go into one call. */
export const callGroup = ({ by }: GroupedCalls, kind: Kind, row: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(by[kind].map((name) => row[name] ?? null))

function kindsOf({ action, delta }: PlannedChange, table: TableSpec): readonly Kind[] {
  switch (action) {
    case 'create':
      return ['create']
    case 'update':
    case 'adopt':
      return Object.keys(delta).some((name) => isShared(table, name)) ? ['update'] : []
    case 'replace':
      return ['create', 'delete']
    case 'delete':
      return ['delete']
    case 'forget':
      return []
  }
}

/** Not sent by a call of its own. */
function isShared({ columns }: TableSpec, name: string): boolean {
  const column = columns[name]
  return Boolean(
    column && !column.unread && column.equality !== 'tags' && !column.ownCall?.includes('update'),
  )
}
