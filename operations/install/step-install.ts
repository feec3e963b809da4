/** An install: tables and functions in one transaction, then the import of what the account has already. */
import type { JsonObject, Row } from '#engine/model/json.ts'
import type { Module } from '#modules/kit/index.ts'
import type { Registry } from '#modules/registry.ts'
import { countRows } from '#postgres/statements/module-count-rows.ts'
import { installedModules } from '#postgres/statements/module-installed.ts'
import {
  type ExecutionContext,
  failedWith,
  type StepOutcome,
  succeeded,
} from '../execution/execution-context.ts'
import { remember } from '../execution/remember.ts'
import { asJson, memoryOf, shortcoming } from '../sync/sync-memory.ts'
import { syncPlaces } from '../sync/sync-places.ts'
import { postNews } from '../topics/publish.ts'
import { installModules } from './install-modules.ts'
import { loadInstalledTables } from './installed-tables.ts'
import { moduleNames } from './module-names.ts'
import { namedModules, withRequirements } from './resolve-modules.ts'
import { whenFree } from './when-free.ts'

/**
 * The modules stay installed when a place cannot be read: the error names it, and the next sync completes the import.
 * Everything that was not read is absent from the tables, never half there.
 */
export const stepInstall = (context: ExecutionContext): Promise<StepOutcome> =>
  whenFree(context, () => install(context))

async function install(context: ExecutionContext): Promise<StepOutcome> {
  const { ports, tenant, execution } = context
  const made = execution.memory.made
    ? madeModules(await ports.modules(), execution.memory)
    : await makeTables(context)
  if (made.length === 0) return succeeded([])
  const tables = await loadInstalledTables(ports, tenant)
  const names = new Set(made.flatMap((module) => module.tables.map((table) => table.name)))
  const types = tables.types.filter((type) => type.name === 'aws_regions' || names.has(type.name))
  const { isDone, memory } = await syncPlaces(
    { context, tables, types, confirm: false },
    memoryOf(execution.memory),
  )
  if (!isDone) {
    const kept = { ...asJson(memory), made: made.map((module) => module.name) }
    return { kind: 'more', seconds: 0, memory: kept }
  }
  const installed = made.map((module) => module.name).join(', ')
  const error = shortcoming(memory, `${installed} installed, but the import is incomplete`)
  return error ? failedWith(error) : succeeded(await resultRows(context, made))
}

const madeModules = ({ findModule }: Registry, memory: JsonObject): readonly Module[] =>
  (memory.made as readonly string[]).flatMap((name) => findModule(name) ?? [])

async function makeTables(context: ExecutionContext): Promise<readonly Module[]> {
  const { ports, tenant, execution, progress, cancelled } = context
  cancelled.throwIfAborted()
  const offered = await ports.modules()
  const wanted = namedModules(offered, moduleNames(execution.arguments))
  const installed = new Set((await installedModules(ports.platform, tenant)).map(({ name }) => name))
  for (const module of wanted) {
    if (installed.has(module.name)) progress.notice(`${module.name} is installed already.`)
  }
  const missing = withRequirements(offered, wanted, (name) => installed.has(name))
  const added = missing.filter((module) => !wanted.includes(module)).map((module) => module.name)
  if (added.length > 0) progress.notice(`${added.join(', ')} is installed too, because it is required.`)
  if (missing.length === 0) return missing
  // In the commit of the tables: whoever goes on after a crash knows that their import is still to be done.
  const made = missing.map((module) => module.name)
  const news = await installModules(ports, tenant, missing, (transaction) =>
    remember(transaction, context, { made }),
  )
  await postNews(ports, tenant, news)
  return missing
}

async function resultRows(
  { ports, tenant }: ExecutionContext,
  made: readonly Module[],
): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const module of made) {
    for (const { name } of module.tables) {
      rows.push({
        module_name: module.name,
        created_table_name: name,
        record_count: await countRows(ports.platform, tenant, name),
      })
    }
  }
  return rows
}
