/** One invocation of a sync: regions first, then every installed kind of resource, or those that were named. */
import type { ResourceType } from '#modules/kit/index.ts'
import { readExecutionRows } from '#postgres/statements/execution-rows.ts'
import { projectTables } from '../apply/project.ts'
import { endLook } from '../drift/end-look.ts'
import {
  type ExecutionContext,
  failedWith,
  type StepOutcome,
  succeeded,
} from '../execution/execution-context.ts'
import { type InstalledTables, loadInstalledTables } from '../install/installed-tables.ts'
import { namedTable } from '../install/named-table.ts'
import { settleUnanswered } from './settle-unanswered.ts'
import { syncArguments } from './sync-arguments.ts'
import { asJson, memoryOf, shortcoming } from './sync-memory.ts'
import { syncPlaces } from './sync-places.ts'

export async function stepSync(context: ExecutionContext): Promise<StepOutcome> {
  const { ports, tenant, execution } = context
  const { names, confirm, check } = syncArguments(execution.arguments)
  const tables = await loadInstalledTables(ports, tenant)
  if (Object.keys(execution.memory).length === 0) {
    await projectTables(context)
    if (!check?.isLooking) await settleUnanswered(context, tables)
  }
  const types = chooseTypes(tables, names)
  const work = { context, tables, types, confirm, check }
  const { isDone, memory } = await syncPlaces(work, memoryOf(execution.memory))
  if (!isDone) return { kind: 'more', seconds: 0, memory: asJson(memory) }
  await endLook(work, memory)
  const error = shortcoming(memory, 'the sync is incomplete')
  if (error) return failedWith(error)
  return succeeded(await readExecutionRows(ports.platform, tenant, execution.execution_id))
}

/** Regions always come first: what is enabled there decides where the others are looked for. */
function chooseTypes(tables: InstalledTables, names: readonly string[]): readonly ResourceType[] {
  for (const name of names) namedTable(tables, name)
  const wanted = tables.types.filter((type) => names.length === 0 || names.includes(type.name))
  const regions = tables.types.filter((type) => type.name === 'aws_regions' && !wanted.includes(type))
  return names.length === 0 ? wanted : [...regions, ...wanted]
}
