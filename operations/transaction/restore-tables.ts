/** The way back of a commit begins in the tables: its rows are as before it, and the journal asks the cloud to follow. */
import { closeChanges } from '#postgres/statements/change-close.ts'
import { commitChanges } from '#postgres/statements/commit-changes.ts'
import { projectTables } from '../apply/project.ts'
import type { StepOutcome } from '../execution/execution-context.ts'
import { loadInstalledTables } from '../install/installed-tables.ts'
import { asJson, type CommitMemory } from './commit-memory.ts'
import type { CommitRun } from './commit-run.ts'
import { endRestoring } from './end-restoring.ts'
import { keepHalves, withHalves } from './keep-halves.ts'
import { restoreOneByOne } from './restore-one-by-one.ts'
import { type Restoring, restoreSome, returningRows, unheard } from './restore-some.ts'
import { isPatient } from './wait-for-others.ts'
import { isLocked, isRefusedWrite } from './write-refusals.ts'

export async function restoreTables(run: CommitRun): Promise<StepOutcome> {
  const { context, memory } = run
  const { ports, tenant, execution } = context
  const executionId = execution.execution_id
  await closeChanges(ports.platform, tenant, { executionId, error: takenBack, isGoingOn: true })
  await projectTables(context)
  const changes = await commitChanges(ports.platform, tenant, executionId)
  const next: CommitMemory = {
    ...memory,
    phase: 'undo',
    round: 0,
    waitingSinceMs: null,
    undoneAfter: changes.at(-1)?.change_id ?? 0,
  }
  const tables = await loadInstalledTables(ports, tenant)
  const returning = await returningRows(run, tables, changes)
  try {
    return { kind: 'more', seconds: 0, memory: asJson(await restoreAll(run, { tables, returning, next })) }
  } catch (error) {
    if (!isRefusedWrite(error) || (isLocked(error) && isPatient(run))) throw error
    // Some row cannot be as it was: the others can.
    return {
      kind: 'more',
      seconds: 0,
      memory: asJson(await restoreOneByOne(run, { tables, returning, next })),
    }
  }
}

const takenBack = { code: 'apply/cancelled', message: 'the commit was taken back before this change' }

/** Gives what is to be remembered of it. */
async function restoreAll(run: CommitRun, restoring: Restoring): Promise<CommitMemory> {
  return await run.context.ports.platform.transaction(async (writing) => {
    const halves = await keepHalves(run, writing, restoring.tables)
    const left = await restoreSome(run, writing, restoring)
    const next = { ...restoring.next, ...withHalves(halves, [...left.values()]) }
    return await endRestoring(run, writing, { ...next, kept: unheard(restoring, left.keys()) })
  })
}
