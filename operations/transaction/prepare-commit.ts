/** Before a commit begins: nobody may have edited its rows since, and how everything is now is written down. */
import { isLocalOnly, netEdits } from '#engine/transaction/net-edit.ts'
import { type TransactionEdit, transactionEdits } from '#postgres/statements/transaction-edits.ts'
import { storeImages } from '#postgres/statements/transaction-image.ts'
import type { StepOutcome } from '../execution/execution-context.ts'
import { remember } from '../execution/remember.ts'
import { type InstalledTables, loadInstalledTables } from '../install/installed-tables.ts'
import { asJson, type CommitMemory } from './commit-memory.ts'
import type { CommitRun } from './commit-run.ts'
import { editedSince } from './refusals.ts'
import { editedByOthers, weighEdits } from './weigh-edits.ts'

/** @throws IasqlError that names the rows that others have edited since */
export async function prepareCommit({ context, transaction, memory }: CommitRun): Promise<StepOutcome> {
  const { ports, tenant } = context
  const name = { transactionId: transaction.transaction_id }
  const tables = await loadInstalledTables(ports, tenant)
  const edits = await transactionEdits(ports.platform, tenant, name)
  const last = lastOf(edits)
  const applied = appliedOf(tables, edits)
  const pending = new Set(edits.filter(({ isPending }) => isPending).map(keyOf))
  const next = await ports.platform.transaction(async (writing): Promise<CommitMemory> => {
    const scales = { transaction: writing, platform: ports.platform, tenant, tables, name }
    const weighed = await weighEdits(scales, netEdits(edits), last)
    const edited = editedByOthers(weighed)
    if (edited.length > 0) throw editedSince({ verb: 'committed' }, edited)
    const images = weighed.map(({ net: { key, table, rowId, before, after } }) => ({
      ...{ table_name: table, row_id: rowId, before, after },
      last_id: last(key),
      applied: applied.has(key),
    }))
    await storeImages(writing, tenant, transaction.transaction_id, images)
    const wanted = weighed.filter(
      ({ net, restoration }) => pending.has(net.key) && restoration.kind !== 'none',
    )
    const forward: CommitMemory = { ...memory, phase: 'forward', wanted: wanted.length }
    await remember(writing, context, asJson(forward))
    return forward
  })
  return { kind: 'more', seconds: 0, memory: asJson(next) }
}

/** Rows of which an apply in the session has taken edits up. */
function appliedOf(tables: InstalledTables, edits: readonly TransactionEdit[]): ReadonlySet<string> {
  const done = edits.filter((edit) => {
    const type = tables.lookup.get(edit.table)
    return type !== undefined && !edit.isPending && !isLocalOnly(type, edit)
  })
  return new Set(done.map(keyOf))
}

const keyOf = ({ table, rowId }: TransactionEdit): string => `${table}/${rowId}`

function lastOf(edits: readonly TransactionEdit[]): (key: string) => number {
  const last = new Map<string, number>(edits.map((edit) => [keyOf(edit), edit.id]))
  return (key) => last.get(key) ?? 0
}
