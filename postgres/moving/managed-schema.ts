/** The managed tables of a tenant made anew in another database, empty, and put to work when their rows are there. */
import { identifier } from '#engine/ddl/sql-text.ts'
import type { Database, Queryable } from '../database.ts'
import { migrateTenant } from '../migrate.ts'
import type { Tenant } from '../tenant.ts'
import { makeSchemas } from '../tenant-roles.ts'
import { addForeignKeySql, dropForeignKeySql, foreignKeys } from './foreign-keys.ts'
import { movedTables } from './moved-tables.ts'
import { doOnce, isBegun, openProgress, stepsDone } from './progress.ts'

/** Schemas, with what every tenant has in them; only once, since rights that are given anew may have been taken away since. */
export async function makeManagedSchema(target: Database, tenant: Tenant): Promise<void> {
  if (await isBegun({ db: target, schema: tenant.schema })) return
  await target.transaction((transaction) => makeSchemas(transaction, tenant))
  await migrateTenant(target, tenant)
  await openProgress({ db: target, schema: tenant.schema })
}

interface Finishing {
  readonly source: Database
  readonly target: Database
  /** Called between steps; throws when it is time to stop. */
  readonly pause: () => Promise<void>
}

/** What is made together, by statements of the engine's own. */
export interface MadePart {
  readonly step: string
  readonly sql: readonly string[]
}

/**
 * `parts`: what is there beside the migrations. Afterwards there is no row, and nothing that acts on one: what triggers did is
 * in the rows that come.
 */
export async function prepareManagedTables(
  { target, pause }: Pick<Finishing, 'target' | 'pause'>,
  tenant: Tenant,
  parts: readonly MadePart[],
): Promise<void> {
  const making = { db: target, schema: tenant.schema }
  const isEmptied = 'managed tables emptied'
  const done = await stepsDone(making)
  if (done.has(isEmptied)) return
  for (const { step, sql } of parts.filter((part) => !done.has(part.step))) {
    await pause()
    await doOnce(making, step, asOwner(tenant, sql))
  }
  const dropped = (await foreignKeys(target, tenant.schema)).map((key) =>
    dropForeignKeySql(tenant.schema, key),
  )
  const tables = (await movedTables(target, tenant.schema)).map(({ name }) => nameIn(tenant, name))
  await doOnce(
    making,
    isEmptied,
    asOwner(tenant, [
      ...dropped,
      ...tables.map((table) => `ALTER TABLE ${table} DISABLE TRIGGER USER`),
      `TRUNCATE ${tables.join(', ')}`,
    ]),
  )
}

/** Foreign keys as the source has them. */
export async function finishManagedTables(
  { source, target, pause }: Finishing,
  tenant: Tenant,
): Promise<void> {
  const making = { db: target, schema: tenant.schema }
  const done = await stepsDone(making)
  for (const key of await foreignKeys(source, tenant.schema)) {
    const step = `foreign key ${key.table}.${key.name}`
    if (done.has(step)) continue
    await pause()
    await doOnce(making, step, asOwner(tenant, [addForeignKeySql(tenant.schema, key)]))
  }
  const tables = await movedTables(target, tenant.schema)
  const enabled = tables.map(({ name }) => `ALTER TABLE ${nameIn(tenant, name)} ENABLE TRIGGER USER`)
  await doOnce(making, 'triggers', asOwner(tenant, enabled))
}

const asOwner =
  ({ ownerRole }: Tenant, statements: readonly string[]) =>
  async (transaction: Queryable): Promise<void> => {
    await transaction.run(`SET LOCAL ROLE ${ownerRole}`)
    for (const sql of statements) await transaction.run(sql)
  }

const nameIn = ({ schema }: Tenant, name: string): string => `${schema}.${identifier(name)}`
