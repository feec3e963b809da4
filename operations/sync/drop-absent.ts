/** Rows marked as gone leave their tables, unless an edit, a lock or a reference from outside holds them there. */
import { qualifiedName, type TableSpec } from '#engine/model/table.ts'
import { shownName } from '#engine/plan/natural-name.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import type { Queryable } from '#postgres/database.ts'
import type { ExecutionRecord } from '#postgres/statements/execution-acquire.ts'
import { type AbsentResource, absentResources, tablesOfAbsent } from '#postgres/statements/resource-absent.ts'
import { heldRows, rowsAwaitingParents } from '#postgres/statements/resource-drop-absent.ts'
import { deleteRows, isLater, lockFreeRows } from '#postgres/statements/resource-free.ts'
import { storeRows } from './store-rows.ts'
import { type SyncRow, syncRow } from './sync-row.ts'
import type { SyncScope } from './sync-scope.ts'

interface Drop {
  /** Whose proofs count. */
  readonly execution: ExecutionRecord
  readonly synced: readonly TableSpec[]
  /** What may refer to them. */
  readonly installed: readonly TableSpec[]
}

/** Returns what there is to say about those that stay. */
export async function dropAbsent(
  scope: SyncScope,
  { execution, synced, installed }: Drop,
): Promise<readonly string[]> {
  const absent = new Map<TableSpec, readonly AbsentResource[]>()
  const executionId = execution.execution_id
  const tables = await tablesOfAbsent(scope.db, scope.tenant, executionId)
  // Children first, as people would delete them.
  for (const type of [...synced].reverse().filter(({ name }) => tables.has(name))) {
    const found = await absentResources(scope.db, scope.tenant, { table: type.name, executionId })
    if (found.length > 0) absent.set(type, found)
  }
  if (absent.size === 0) return []
  const kept = await dropFree(scope, { execution, absent, installed })
  return kept.map(({ type, record }) => heldNotice(type, record))
}

const goneRow = (
  type: TableSpec,
  { cloud_id: cloudId, row_id: rowId, base, natural_name: naturalName }: AbsentResource,
): SyncRow => syncRow('delete', type, { cloudId, rowId, row: base ?? {}, naturalName })

function heldNotice(type: TableSpec, { natural_name, base, cloud_id, row_id }: AbsentResource): string {
  const name = natural_name ?? shownName(type, base ?? {}, cloud_id) ?? row_id
  return `${type.name} ${name} is gone in the cloud; its row stays because other rows refer to it, or somebody is changing it.`
}

/** How often rows are chosen afresh because somebody referred to one of them, or held one, meanwhile. */
const mostTries = 3

interface Chosen {
  readonly execution: ExecutionRecord
  readonly absent: ReadonlyMap<TableSpec, readonly AbsentResource[]>
  readonly installed: readonly TableSpec[]
}

interface Kept {
  readonly type: TableSpec
  readonly record: AbsentResource
}

/** Rows go in the commit that says so. */
async function dropFree(
  { db, tenant }: SyncScope,
  { execution, absent, installed }: Chosen,
): Promise<readonly Kept[]> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await db.transaction(async (transaction) => {
        const going = new Map<string, readonly number[]>()
        for (const [{ name }, records] of absent) {
          const ids = records.map((record) => record.row_id)
          const leaving = { table: name, ids, condition: 'r.observed IS NULL', executionId: null }
          going.set(name, await lockFreeRows(transaction, tenant, leaving))
        }
        const release = { tenant, types: [...absent.keys()], going, installed }
        const awaiting = await releaseHeld(transaction, release)
        for (const [table, ids] of going) await deleteRows(transaction, tenant, table, ids)
        const rows: SyncRow[] = []
        const kept: Kept[] = []
        for (const [type, records] of absent) {
          const ids = new Set(going.get(type.name))
          for (const record of records) {
            if (ids.has(record.row_id)) rows.push(goneRow(type, record))
            else if (!awaiting.has(resourceKey(type.name, record.row_id))) kept.push({ type, record })
          }
        }
        await storeRows(transaction, tenant, execution, rows)
        return kept
      })
    } catch (error) {
      if (!isLater(error)) throw error
      // The marks stay: the next sync drops what is free by then.
      if (tries === mostTries) return everything(absent)
    }
  }
}

const everything = (absent: Chosen['absent']): readonly Kept[] =>
  [...absent].flatMap(([type, records]) => records.map((record) => ({ type, record })))

interface Release {
  readonly tenant: SyncScope['tenant']
  readonly types: readonly TableSpec[]
  readonly going: Map<string, readonly number[]>
  readonly installed: readonly TableSpec[]
}

/**
 * What a standing row refers to stands too, and so on: until nothing is left that is held from outside. Gives the keys of
 * what stays only because its parent does.
 */
async function releaseHeld(
  db: Queryable,
  { tenant, types, going, installed }: Release,
): Promise<ReadonlySet<string>> {
  const awaiting = new Set<string>()
  for (let isStable = false; !isStable; ) {
    isStable = true
    for (const type of types) {
      const ids = going.get(type.name) ?? []
      if (ids.length === 0) continue
      const waiting = mayBeMissed(type, installed)
        ? await rowsAwaitingParents(db, tenant, type.name, going)
        : []
      const held = new Set([...waiting, ...(await heldRows(db, tenant, type, { going, installed }))])
      for (const id of waiting) awaiting.add(resourceKey(type.name, id))
      if (held.size === 0) continue
      isStable = false
      going.set(
        type.name,
        ids.filter((id) => !held.has(id)),
      )
    }
  }
  return awaiting
}

/** Without its row it would look as if users had taken it away, or what comes along with it, and would be ended once it is back. */
const mayBeMissed = (type: TableSpec, installed: readonly TableSpec[]): boolean =>
  type.createdWith.length > 0 &&
  [
    type,
    ...installed.filter((other) => other.createdWith.some(({ parent }) => parent === qualifiedName(type))),
  ].some(({ createdWith }) => createdWith.some(({ removable }) => removable))
