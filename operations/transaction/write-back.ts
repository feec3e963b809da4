/** Writes the rows of a commit that is taken back, with what AWS made along with them, and asks the cloud to follow. */
import type { TableSpec } from '#engine/model/table.ts'
import { userColumns } from '#engine/transaction/net-edit.ts'
import { awaitCompanions, dropAwaited } from '#postgres/statements/companion-awaited.ts'
import { companionRows } from '#postgres/statements/companion-gone.ts'
import { insertEdits, type NewEdit } from '#postgres/statements/edit-restore.ts'
import { restoreResources } from '#postgres/statements/resource-restore.ts'
import { companionsAlong } from './awaited-companions.ts'
import { goneAlong } from './gone-along.ts'
import { referrersOf, restoreRows, rowsGoing } from './restore-rows.ts'
import { everyColumn } from './roll-back.ts'
import type { ReturningRow } from './way-back.ts'
import type { Scales, Weighed } from './weigh-edits.ts'
import { weighGoing } from './weigh-going.ts'

type Writing = Scales & { readonly actor: string }

/** Gives what had to stay as it is, by its key. */
export async function writeBack(
  writing: Writing,
  weighed: readonly Weighed[],
  returning: ReadonlyMap<string, ReturningRow>,
): Promise<ReadonlyMap<string, string>> {
  const { transaction, tenant } = writing
  const ending = endAlong(weighed)
  const rows = await companionRows(transaction, tenant, rowsGoing(weighed))
  const withCompanions = [...ending, ...(await weighGoing(writing, weighed, rows))]
  const { awaited, lost } = await companionsAlong(writing, ending)
  const { kept, left } = await keepReferred(
    writing,
    withCompanions.filter(({ net: { key } }) => !lost.has(key)),
  )
  const isInCloud = (key: string): boolean => {
    const row = returning.get(key)
    return row?.way === undefined || row.way === 'forgotten'
  }
  // Nobody asks for what AWS makes by itself.
  const isAsked = ({ net: { key } }: Weighed): boolean => !awaited.has(key)
  const columnsOf = (type: TableSpec, key: string) => (isInCloud(key) ? everyColumn(type) : userColumns(type))
  await restoreRows(transaction, tenant, kept, columnsOf)
  await awaitCompanions(transaction, tenant, [...awaited.values()])
  await dropAwaited(transaction, tenant, rowsGoing(kept))
  await restoreForgotten(writing, [...returning.values()])
  await insertEdits(transaction, tenant, writing.actor, editsOf(kept.filter(isAsked), returning))
  return left
}

/** Nothing of them is to stay in the cloud either, though they were there before the commit. */
function endAlong(weighed: readonly Weighed[]): readonly Weighed[] {
  const gone = goneAlong(weighed)
  return weighed.map((one) => (gone.has(one.net.key) ? { ...one, restoration: { kind: 'delete' } } : one))
}

/** Nothing is called for what the cloud had lost before: the record says so again. */
async function restoreForgotten(
  { transaction, tenant }: Writing,
  rows: readonly ReturningRow[],
): Promise<void> {
  const forgotten = rows.flatMap(({ image, way }) =>
    way === 'forgotten'
      ? [
          {
            ...{ table_name: image.table_name, row_id: image.row_id },
            resource: image.resource,
            base: null,
          },
        ]
      : [],
  )
  await restoreResources(transaction, tenant, forgotten)
}

/** A row that others refer to stays; then what it refers to itself stays too. */
async function keepReferred(
  { transaction, tenant, tables }: Writing,
  weighed: readonly Weighed[],
): Promise<{ readonly kept: readonly Weighed[]; readonly left: ReadonlyMap<string, string> }> {
  const left = new Map<string, string>()
  for (let kept = weighed; ; ) {
    const referrers = await referrersOf(transaction, tenant, tables, kept)
    if (referrers.size === 0) return { kept, left }
    for (const [key, line] of referrers) left.set(key, `${line}, which stays therefore`)
    kept = kept.filter(({ net: { key } }) => !referrers.has(key))
  }
}

const ops = { insert: 'I', delete: 'D', update: 'U', none: 'U' } as const

/** Of rows that the cloud has heard of; the others are as if nothing had been. */
function editsOf(
  weighed: readonly Weighed[],
  returning: ReadonlyMap<string, ReturningRow>,
): readonly NewEdit[] {
  return weighed.flatMap(({ net, restoration }) => {
    const { kind } = restoration
    const row = returning.get(net.key)
    const isHeard = row ? row.way !== undefined && row.way !== 'forgotten' : true
    if (!isHeard || kind === 'edited' || kind === 'gone') return []
    return [{ ...{ table_name: net.table, row_id: net.rowId }, op: ops[kind], companion: row === undefined }]
  })
}
