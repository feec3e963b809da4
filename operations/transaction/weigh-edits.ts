/** For each row that a transaction has edited, the way back: decided while nobody else can edit it. */
import type { Json, Row } from '#engine/model/json.ts'
import { type AuditedEdit, differing, type NetEdit, userColumns } from '#engine/transaction/net-edit.ts'
import { isSame, type Restoration, restorationOf } from '#engine/transaction/restoration.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import type { Database, Queryable } from '#postgres/database.ts'
import { lockRows } from '#postgres/statements/rows-restore.ts'
import { type LaterEdit, laterEdits, type TransactionName } from '#postgres/statements/transaction-edits.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import { nameRows } from '../plan/row-names.ts'
import type { EditedSince } from './refusals.ts'

export interface Weighed {
  readonly net: NetEdit
  readonly type: ResourceType
  /** `jobs`, as a plan shows it. */
  readonly name: string
  /** `queue jobs` */
  readonly title: string
  readonly current: Row | null
  readonly restoration: Restoration
  /** Who has edited the row since. */
  readonly by: EditedSince['by']
  /** What of that still stands: columns, or the whole row. */
  readonly standing: readonly string[]
  /** Columns, or the whole row, that `own` has edited since. */
  readonly own: readonly string[]
}

export interface Scales {
  /** A transaction that may write the rows; they stay locked until it ends. */
  readonly transaction: Queryable
  /** As the platform: others' edits are read after the rows are locked. */
  readonly platform: Database
  readonly tenant: Tenant
  readonly tables: InstalledTables
  readonly name: TransactionName
  /** A transaction whose later edits stand in nobody's way. */
  readonly own?: string | null
}

/** `sinceOf`: from which line of the audit log on an edit of others is later. Rows of tables that are gone are left out. */
export async function weighEdits(
  { transaction, platform, tenant, tables, name, own }: Scales,
  edits: readonly NetEdit[],
  sinceOf: (key: string) => number,
): Promise<readonly Weighed[]> {
  const known = edits.filter(({ table }) => tables.lookup.has(table))
  const rows = new Map<string, Row>()
  for (const [table, own] of Map.groupBy(known, (net) => net.table)) {
    const ids = own.map(({ rowId }) => rowId)
    for (const [id, row] of await lockRows(transaction, tenant, table, ids)) rows.set(`${table}/${id}`, row)
  }
  const since = known.map(({ key, table, rowId }) => ({
    ...{ table_name: table, row_id: rowId },
    since: sinceOf(key),
  }))
  const later = Map.groupBy(
    await laterEdits(platform, tenant, name, since),
    ({ table, rowId }) => `${table}/${rowId}`,
  )
  const nameOf = await nameRows(
    { db: platform, tenant, tables },
    known.map((net) => ({ ...net, row: namedRow(net, rows.get(net.key) ?? null) })),
  )
  return known.map((net) => {
    const type = tables.type(net.table)
    const current = rows.get(net.key) ?? null
    const name = nameOf(net.table, net.rowId)
    const [since, ownSince] = partition(later.get(net.key) ?? [], own)
    const standing = standingOf(type, since, current)
    const restoration = restorationOf(type, net, { current, later: new Set(standing) })
    return {
      ...{ net, type, current, restoration, name },
      title: `${type.name} ${name}`,
      by: editorsOf(since),
      standing,
      own: ownSince.flatMap((edit) => namesIn(type, edit)),
    }
  })
}

const partition = (
  edits: readonly LaterEdit[],
  own: string | null | undefined,
): readonly [readonly LaterEdit[], readonly LaterEdit[]] => [
  edits.filter(({ transactionId }) => transactionId !== own),
  edits.filter(({ transactionId }) => transactionId === own),
]

const namesIn = (type: ResourceType, { original, change }: AuditedEdit): readonly string[] =>
  original && change ? differing(type, original, change) : ['row']

/** Columns that are not any more as they were before somebody else edited them. */
function standingOf(
  type: ResourceType,
  edits: readonly AuditedEdit[],
  current: Row | null,
): readonly string[] {
  const [first] = edits
  if (!first) return []
  if ((first.original === null) !== (current === null)) return ['row']
  const before = new Map<string, Json>()
  for (const { original, change } of edits) {
    if (!original) continue
    for (const name of change ? differing(type, original, change) : userColumns(type))
      if (!before.has(name)) before.set(name, original[name] ?? null)
  }
  const was = Object.fromEntries(before)
  return [...before.keys()].filter((name) => !isSame(type, name, current?.[name], was[name]))
}

const editorsOf = (edits: readonly LaterEdit[]): EditedSince['by'] => [
  ...new Map(
    edits.map(
      ({ actor, transactionId, isOpen }) => [transactionId, { actor, transactionId, isOpen }] as const,
    ),
  ).values(),
]

const namedRow = ({ before, after }: NetEdit, current: Row | null): Row => current ?? after ?? before ?? {}

/** Rows that others have edited in any way since, for an error that names them. */
export const editedByOthers = (weighed: readonly Weighed[]): readonly EditedSince[] =>
  weighed.flatMap(({ standing, title, by }) =>
    standing.length > 0 ? [{ title, columns: standing.filter((name) => name !== 'row'), by }] : [],
  )
