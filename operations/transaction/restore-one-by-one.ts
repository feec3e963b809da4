/** Where the rows of a commit cannot be restored all at once: one after the other, as long as that gets anywhere. */
import { databaseErrorOf } from '#postgres/database-error.ts'
import type { CommitMemory } from './commit-memory.ts'
import type { CommitRun } from './commit-run.ts'
import { endRestoring } from './end-restoring.ts'
import { keepHalves, withHalves } from './keep-halves.ts'
import { type Restoring, restoreSome, unheard } from './restore-some.ts'
import { isPatient } from './wait-for-others.ts'
import type { ReturningRow } from './way-back.ts'
import { isLocked, isRefusedWrite } from './write-refusals.ts'

/** Gives what is to be remembered of it: what could not be restored, and why, too. */
export async function restoreOneByOne(run: CommitRun, restoring: Restoring): Promise<CommitMemory> {
  const { platform } = run.context.ports
  const left = new Map<string, string>()
  let refused = new Map<ReturningRow, string>()
  for (let open = restoring.returning; open.length > 0; open = [...refused.keys()]) {
    refused = new Map()
    for (const row of open) {
      const said = await restoreOne(run, restoring, row)
      if (typeof said === 'string') refused.set(row, said)
      else for (const [key, line] of said) left.set(key, line)
    }
    if (refused.size === open.length) break
  }
  return await platform.transaction(async (writing) => {
    const halves = await keepHalves(run, writing, restoring.tables)
    const all = [...new Set([...left.values(), ...refused.values()])]
    const next = { ...restoring.next, ...withHalves(halves, all) }
    const kept = [...unheard(restoring, left.keys()), ...[...refused.keys()].map(({ key }) => key)]
    return await endRestoring(run, writing, { ...next, kept })
  })
}

/** A text: why it was refused. */
async function restoreOne(
  run: CommitRun,
  restoring: Restoring,
  row: ReturningRow,
): Promise<ReadonlyMap<string, string> | string> {
  try {
    return await run.context.ports.platform.transaction((writing) =>
      restoreSome(run, writing, { ...restoring, returning: [row] }),
    )
  } catch (error) {
    if (!isRefusedWrite(error) || (isLocked(error) && isPatient(run))) throw error
    return `${row.image.table_name} ${row.image.row_id}: ${databaseErrorOf(error)?.message ?? ''}`
  }
}
