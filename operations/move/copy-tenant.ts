/** Makes a tenant once more in the database that it goes to, with all its rows; what was done before a crash is not done again. */
import { createTablesSql } from '#engine/ddl/create-tables.ts'
import { listed } from '#engine/plan/listed-names.ts'
import { tableLookup } from '#engine/plan/resource.ts'
import { databaseOver } from '#postgres/database.ts'
import { differentParts, differentTables } from '#postgres/moving/compare-schemas.ts'
import { copyPlatformRows, returnTenantRow } from '#postgres/moving/copy-platform-rows.ts'
import { copyRows, rowsStep } from '#postgres/moving/copy-rows.ts'
import { copySequences } from '#postgres/moving/copy-sequences.ts'
import { makeUserObjects } from '#postgres/moving/make-user-objects.ts'
import {
  finishManagedTables,
  type MadePart,
  makeManagedSchema,
  prepareManagedTables,
} from '#postgres/moving/managed-schema.ts'
import { movedTables } from '#postgres/moving/moved-tables.ts'
import { type Making, openProgress, stepsDone } from '#postgres/moving/progress.ts'
import { userStatements } from '#postgres/moving/user-statements.ts'
import { dropStaleLinks, linkedAccounts } from '#postgres/statements/linked-account.ts'
import { installedModules } from '#postgres/statements/module-installed.ts'
import { mirrorTenant } from '#postgres/statements/tenant-mirror.ts'
import { rpcFunctionSql } from '../rpc/binding.ts'
import { engineFunctionsSql } from '../rpc/engine-functions.ts'
import { openCell } from '../tenant/open-cell.ts'
import { freezeTenant, letIntoTarget } from './freeze-tenant.ts'
import type { MoveWork } from './move-work.ts'

const asPlatform = ({ tenant, target }: MoveWork): Making => ({ db: target, schema: tenant.schema })

/** What a tenant has made is made again, and its rows are written, under its own login. */
const asWriter = ({ ports, tenant, move }: MoveWork): Making => ({
  db: databaseOver(ports.dataApi, { ...tenant.writer, database: move.target_database }),
  schema: tenant.userSchema,
})

/** @throws MovePaused, and Error where it cannot be done: then nothing of the target may stay */
export async function copyTenant(work: MoveWork): Promise<void> {
  const { tenant, source, pause } = work
  const frozenAt = await freezeTenant(work)
  await openTarget(work)
  await copyManaged(work)
  // Not before: while managed tables are filled, their triggers hold nobody to anything.
  await letIntoTarget(work)
  await copyOwn(work)
  for (const made of [asPlatform(work), asWriter(work)]) {
    await copySequences(source, work.target, made.schema)
    const comparing = { source, target: made, frozenAt, pause }
    refuse('the rows differ of', await differentTables(comparing))
    refuse('these would not be the same:', await differentParts(work, tenant, made.schema))
  }
}

async function openTarget(work: MoveWork): Promise<void> {
  const { ports, tenant, move, source, target } = work
  const isBack = move.placement === 'shared'
  if (isBack) {
    await returnTenantRow(source, ports.platform, tenant.id)
    const accountIds = (await linkedAccounts(source, tenant)).map((one) => one.account_id)
    // Nobody is linking: it is frozen.
    await dropStaleLinks(ports.platform, { tenantId: tenant.id, accountIds, settled: 0 })
  } else {
    await openCell(ports, tenant.id)
    await mirrorTenant(ports.platform, target, tenant.id)
  }
  await copyPlatformRows({ source, target, isBack }, tenant.id)
}

async function copyManaged(work: MoveWork): Promise<void> {
  const { tenant, source, target, pause } = work
  await makeManagedSchema(target, tenant)
  await prepareManagedTables(work, tenant, await installedParts(work))
  await copyTables(work, asPlatform(work))
  await finishManagedTables({ source, target, pause }, tenant)
}

async function copyOwn(work: MoveWork): Promise<void> {
  const { ports, tenant, source, pause } = work
  const target = asWriter(work)
  await openProgress(target)
  const { before, after } = await userStatements(source, tenant)
  const making = { target, managed: tenant.schema, pause }
  await makeUserObjects(making, before)
  await copyTables(work, target)
  const leftOut = await makeUserObjects(making, after)
  if (leftOut.length > 0)
    ports.log('warn', 'Materialized views of a moved tenant have to be refreshed.', {
      tenantId: tenant.id,
      leftOut,
    })
}

/** Columns in the order that the target has them in. */
async function copyTables({ source, pause }: MoveWork, target: Making): Promise<void> {
  const made = new Map((await movedTables(target.db, target.schema)).map((table) => [table.name, table]))
  const done = await stepsDone(target)
  for (const { name, blocks } of await movedTables(source, target.schema)) {
    if (done.has(rowsStep(name))) continue
    const table = made.get(name)
    if (!table) throw new Error(`the table ${name} would be missing`)
    await copyRows({ source, target, pause }, { ...table, blocks })
  }
}

/** What is in the tenant's schema beside the migrations, in the order in which it came there. */
async function installedParts({ ports, tenant, source }: MoveWork): Promise<readonly MadePart[]> {
  const offered = await ports.modules()
  const lookup = tableLookup(offered.modules.flatMap((module) => module.tables))
  const installed = await installedModules(source, tenant)
  const modules = installed.flatMap(({ name }) => offered.findModule(name) ?? [])
  return [
    ...modules.map(({ name, tables, rpc, sql }) => ({
      step: `module ${name}`,
      sql: [
        ...createTablesSql(tenant, tables, lookup),
        ...rpc.flatMap((one) => rpcFunctionSql(tenant, one)),
        ...sql.flatMap((one) => one.create(tenant)),
      ],
    })),
    { step: 'functions', sql: engineFunctionsSql(tenant, offered) },
  ]
}

/** As many names as people read. */
const most = 5

function refuse(what: string, names: readonly string[]): void {
  if (names.length === 0) return
  throw new Error(`${what} ${listed(names, most)}`)
}
