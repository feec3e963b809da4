/** The last of a commit that is taken back: rows that said something else than the cloud say it again, and what was pending is pending again. */
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { differing, userColumns } from '#engine/transaction/net-edit.ts'
import type { Queryable } from '#postgres/database.ts'
import { restoreEdits } from '#postgres/statements/edit-restore.ts'
import { type RestoredResource, restoreResources } from '#postgres/statements/resource-restore.ts'
import { insertRows, lockRows, removeRows, updateRows } from '#postgres/statements/rows-restore.ts'
import { type LaterEdit, laterEdits } from '#postgres/statements/transaction-edits.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import { only } from './restore-rows.ts'
import { everyColumn } from './roll-back.ts'
import type { ReturningRow } from './way-back.ts'

interface Writing {
  readonly transaction: Queryable
  readonly platform: Queryable
  readonly tenant: Tenant
  readonly tables: InstalledTables
  readonly transactionId: string
}

/** What others have edited since is theirs. `isOpen`: the cloud is not as before; the record tells what it is. */
export async function finishRows(
  writing: Writing,
  rows: readonly ReturningRow[],
  isOpen: ReadonlySet<string>,
): Promise<void> {
  const { transaction, platform, tenant, tables, transactionId } = writing
  const since = rows.map(({ image: { table_name, row_id, last_id } }) => ({
    ...{ table_name, row_id },
    since: last_id,
  }))
  const others = Map.groupBy(
    await laterEdits(platform, tenant, { transactionId }, since),
    ({ table, rowId }) => `${table}/${rowId}`,
  )
  const own = rows.filter(({ key }) =>
    (others.get(key) ?? []).every(({ original, change }) => original && change),
  )
  const special = own.filter(
    ({ key, way }) => way === 'between' || way === 'absent' || (way === 'adopted' && !isOpen.has(key)),
  )
  for (const [table, some] of Map.groupBy(special, ({ image }) => image.table_name)) {
    await writeRows(writing, table, { rows: some, others })
  }
  await restoreResources(
    transaction,
    tenant,
    own.flatMap((row) => (isOpen.has(row.key) ? [] : recordOf(tables.type(row.image.table_name), row))),
  )
  await restoreEdits(
    transaction,
    tenant,
    own.flatMap(({ image: { table_name, row_id, edits } }) =>
      edits.length > 0 ? [{ table_name, row_id, edits }] : [],
    ),
  )
}

/** Of what was agreed on only the user's columns: what the cloud has given since is what it is. */
function recordOf(type: TableSpec, { image, way }: ReturningRow): readonly RestoredResource[] {
  const { table_name, row_id, resource, before, after } = image
  const record = { table_name, row_id, resource }
  if (way === 'absent' || way === 'adopted') return [{ ...record, base: null }]
  if (way === 'plain' || way === 'forgotten' || !resource?.base) return []
  const sent = Object.entries(type.columns).flatMap(([name, { nature }]) =>
    nature === 'argument' ? [name] : [],
  )
  const names = way === 'between' ? sent : differing(type, before ?? {}, after ?? {})
  const base = only(
    resource.base,
    names.filter((name) => name in (resource.base ?? {})),
  )
  return [{ ...record, base }]
}

async function writeRows(
  { transaction, tenant, tables }: Writing,
  table: string,
  given: {
    readonly rows: readonly ReturningRow[]
    readonly others: ReadonlyMap<string, readonly LaterEdit[]>
  },
): Promise<void> {
  const type = tables.type(table)
  const { rows, others } = given
  const ids = rows.map(({ image }) => image.row_id)
  const current = await lockRows(transaction, tenant, table, ids)
  const gone = rows.filter(({ key, image }) => !image.before && current.has(image.row_id) && !others.has(key))
  const goneIds = gone.map(({ image }) => image.row_id)
  await removeRows(transaction, tenant, table, goneIds)
  const updates = rows.flatMap(({ key, image: { before, row_id: rowId }, way }) => {
    const now = current.get(rowId)
    if (!before || !now) return []
    const names = way === 'absent' ? everyColumn(type) : differing(type, before, now)
    const taken = namesOf(type, others.get(key) ?? [])
    return [
      {
        rowId,
        values: only(
          before,
          names.filter((name) => !taken.has(name)),
        ),
      },
    ]
  })
  await updateRows(transaction, tenant, table, updates)
  const inserts = rows.flatMap(({ image: { before, row_id: rowId } }) =>
    before && !current.has(rowId) ? [{ rowId, values: only(before, userColumns(type)) }] : [],
  )
  if (inserts.length > 0) await insertRows(transaction, tenant, table, inserts)
}

const namesOf = (type: TableSpec, edits: readonly LaterEdit[]): ReadonlySet<string> =>
  new Set(
    edits.flatMap(({ original, change }: { original: Row | null; change: Row | null }) =>
      original && change ? differing(type, original, change) : [],
    ),
  )
