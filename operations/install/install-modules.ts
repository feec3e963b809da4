/** Makes the tables and functions of modules in one transaction; nothing of the cloud is read here. */
import { createTablesSql } from '#engine/ddl/create-tables.ts'
import { IasqlError } from '#engine/model/error.ts'
import { tableLookup } from '#engine/plan/resource.ts'
import type { Module } from '#modules/kit/index.ts'
import type { Database, Queryable } from '#postgres/database.ts'
import { recordModule } from '#postgres/statements/module-record.ts'
import { takenNames } from '#postgres/statements/module-taken-names.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import { rpcFunctionSql } from '../rpc/binding.ts'
import { ensureSecretKey } from '../secrets/ensure-secret-key.ts'
import { type StoredNews, storeNews } from '../topics/publish.ts'
import { moduleNews } from '../topics/schema-news.ts'
import { shortLocks } from './when-free.ts'

/** Returns the news of it, to be posted; what `remember` writes belongs to the same transaction. */
export async function installModules(
  ports: Pick<Ports, 'platform' | 'modules' | 'secretKeys'>,
  tenant: Tenant,
  modules: readonly Module[],
  remember?: (transaction: Queryable) => Promise<void>,
): Promise<StoredNews> {
  const { platform: db, modules: load } = ports
  await refuseTakenNames(db, tenant, modules)
  await ensureSecretKey(ports, tenant, modules)
  const lookup = tableLookup((await load()).modules.flatMap((module) => module.tables))
  return db.transaction(async (transaction) => {
    await transaction.run(shortLocks)
    await transaction.run(`SET LOCAL ROLE ${tenant.ownerRole}`)
    for (const module of modules) {
      const statements = [
        ...createTablesSql(tenant, module.tables, lookup),
        ...module.rpc.flatMap((rpc) => rpcFunctionSql(tenant, rpc)),
        ...module.sql.flatMap((sql) => sql.create(tenant)),
      ]
      for (const sql of statements) await transaction.run(sql)
      await recordModule(transaction, tenant, {
        name: module.name,
        version: module.version,
        tables: module.tables,
        requires: module.requires,
      })
    }
    await remember?.(transaction)
    return storeNews(transaction, tenant, moduleNews('installed', modules))
  })
}

/** A managed table would hide the user's own of the same name from every statement that does not name its schema. */
async function refuseTakenNames(db: Database, tenant: Tenant, modules: readonly Module[]): Promise<void> {
  const names = modules.flatMap((module) => [
    ...module.tables.map((table) => table.name),
    ...module.sql.flatMap(({ makes = [] }) => makes),
  ])
  const [taken] = await takenNames(db, tenant, names)
  if (taken === undefined) return
  throw new IasqlError('module/in-use', `you have an object named ${taken}, which the module would hide`, {
    hint: `Rename it first: ALTER TABLE ${tenant.userSchema}.${taken} RENAME TO my_${taken};`,
  })
}
