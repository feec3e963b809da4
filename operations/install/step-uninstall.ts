/** An uninstall: tables, functions and records go; the cloud keeps everything. */
import { auditDroppedSql } from '#engine/ddl/audit-sql.ts'
import { dropTablesSql } from '#engine/ddl/drop-tables.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Json, Row } from '#engine/model/json.ts'
import { tableLookup } from '#engine/plan/resource.ts'
import type { Module } from '#modules/kit/index.ts'
import { databaseErrorOf } from '#postgres/database-error.ts'
import { findExpressingOutside } from '#postgres/statements/expression-find.ts'
import { countEdited, countRows } from '#postgres/statements/module-count-rows.ts'
import { forgetModule, openClaims } from '#postgres/statements/module-forget.ts'
import { dependentModules, installedModules } from '#postgres/statements/module-installed.ts'
import { type ExecutionContext, type StepOutcome, succeeded } from '../execution/execution-context.ts'
import { remember } from '../execution/remember.ts'
import { type PlanLease, underLease } from '../plan/under-lease.ts'
import { postNews, storeNews } from '../topics/publish.ts'
import { moduleNews } from '../topics/schema-news.ts'
import { moduleNames } from './module-names.ts'
import { namedModules } from './resolve-modules.ts'
import { shortLocks, whenFree } from './when-free.ts'

export const stepUninstall = (context: ExecutionContext): Promise<StepOutcome> =>
  whenFree(context, () => uninstall(context))

async function uninstall(context: ExecutionContext): Promise<StepOutcome> {
  const { ports, tenant, execution, progress, cancelled, lost } = context
  const db = ports.platform
  if (execution.memory.dropped) return succeeded(execution.memory.dropped as unknown as readonly Row[])
  cancelled.throwIfAborted()
  const offered = await ports.modules()
  const named = namedModules(offered, moduleNames(execution.arguments))
  const installed = await installedModules(db, tenant)
  // In the order of installation, so that what others refer to goes last.
  const going = offered.modules.filter(
    (module) => named.includes(module) && installed.some(({ name }) => name === module.name),
  )
  for (const module of named) {
    if (!going.includes(module)) progress.notice(`${module.name} is not installed.`)
  }
  if (going.length === 0) return succeeded([])
  await refuseDependents(context, going)
  const rows = await describeGoing(context, going)
  await tellEdits(context, going)
  // Whoever plans meanwhile would claim rows of tables that are no more.
  await underLease(ports, tenant, AbortSignal.any([lost, cancelled]), async (lease) => {
    await refuseClaimed(context, going)
    await refuseExpressed(context, going)
    await dropModules(context, lease, { going, rows })
  })
  return succeeded(rows)
}

/** The cloud keeps everything, the edits of the rows go with them. */
async function tellEdits(
  { ports, tenant, progress }: ExecutionContext,
  going: readonly Module[],
): Promise<void> {
  const tables = going.flatMap((module) => module.tables.map((table) => table.name))
  const count = await countEdited(ports.platform, tenant, tables)
  if (count > 0)
    progress.notice(
      `Edits of ${count} ${count === 1 ? 'row' : 'rows'} were not applied; they go with the tables.`,
    )
}

async function refuseDependents(
  { ports, tenant }: ExecutionContext,
  going: readonly Module[],
): Promise<void> {
  const names = going.map((module) => module.name)
  if (names.includes('aws_account')) {
    throw new IasqlError('module/in-use', 'aws_account is the foundation of every tenant and stays', {
      hint: 'Uninstall the other modules; aws_account costs nothing.',
    })
  }
  const dependents = await dependentModules(ports.platform, tenant, names)
  if (dependents.length > 0) {
    const users = dependents.map(({ module, dependency }) => `${module} needs ${dependency}`).join(', ')
    const together = [...new Set([...dependents.map(({ module }) => module), ...names])]
    throw new IasqlError('module/in-use', users, {
      hint: `Uninstall them together: SELECT * FROM iasql_uninstall(${together.map((name) => `'${name}'`).join(', ')}).`,
    })
  }
}

async function refuseClaimed({ ports, tenant }: ExecutionContext, going: readonly Module[]): Promise<void> {
  const tables = going.flatMap((module) => module.tables.map((table) => table.name))
  const { open, holders } = await openClaims(ports.platform, tenant, tables)
  if (open === 0) return
  throw new IasqlError('module/in-use', `${holders} is working on ${open} of its rows`, {
    hint: 'Wait for it to end; SELECT * FROM iasql_execution shows it.',
  })
}

/** Installed again, the tables number their rows anew: what stands in others' texts would mean another row. */
async function refuseExpressed({ ports, tenant }: ExecutionContext, going: readonly Module[]): Promise<void> {
  const tables = going.flatMap((module) => module.tables.map((table) => table.name))
  const users = await findExpressingOutside(ports.platform, tenant, tables)
  if (users.length === 0) return
  const named = users.map((one) => `${one.column_name} of ${one.table_name} ${one.row_id}`).join(', ')
  throw new IasqlError('module/in-use', `${named} refers to its rows`, {
    hint: 'Set other values there first.',
  })
}

async function describeGoing(
  { ports, tenant }: ExecutionContext,
  going: readonly Module[],
): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const module of going) {
    for (const { name } of [...module.tables].reverse()) {
      const count = await countRows(ports.platform, tenant, name)
      rows.push({ module_name: module.name, dropped_table_name: name, record_count: count })
    }
  }
  return rows
}

async function dropModules(
  context: ExecutionContext,
  lease: PlanLease,
  { going, rows }: { readonly going: readonly Module[]; readonly rows: readonly Row[] },
): Promise<void> {
  const { ports, tenant } = context
  const lookup = tableLookup((await ports.modules()).modules.flatMap((module) => module.tables))
  try {
    const news = await ports.platform.transaction(async (transaction) => {
      await lease.insist(transaction)
      await transaction.run(shortLocks)
      await transaction.run(`SET LOCAL ROLE ${tenant.ownerRole}`)
      for (const module of [...going].reverse()) {
        const statements = [
          ...module.tables.map(({ name }) => auditDroppedSql(tenant, name)),
          ...module.sql.flatMap((sql) => sql.drop(tenant)),
          ...module.rpc.map((rpc) => {
            const types = rpc.arguments.map(({ type }) => type).join(', ')
            return `DROP FUNCTION ${tenant.schema}."${rpc.name}"(${types})`
          }),
          ...dropTablesSql(tenant, module.tables, lookup),
        ]
        for (const sql of statements) await transaction.run(sql)
        const tables = module.tables.map((table) => table.name)
        await forgetModule(transaction, tenant, { name: module.name, tables })
      }
      await remember(transaction, context, { dropped: rows as unknown as Json })
      return storeNews(transaction, tenant, moduleNews('uninstalled', going))
    })
    await postNews(ports, tenant, news)
  } catch (error) {
    throw dependencyError(error) ?? error
  }
}

/** PostgreSQL refuses to drop what a view, function or table of the user's depends on, and names it. */
function dependencyError(error: unknown): IasqlError | undefined {
  const refusal = databaseErrorOf(error)
  if (refusal?.sqlstate !== '2BP01') return undefined
  return new IasqlError('module/in-use', refusal.message, {
    ...(refusal.detail ? { detail: refusal.detail } : {}),
    hint: 'Drop or change the objects named in the detail first.',
    cause: error,
  })
}
