/** What a tenant may use. */
import type { Database } from '../database.ts'
import type { Tenant } from '../tenant.ts'
import { existingLogins } from './tenant-stop.ts'

export type Quota = 'size_mb' | 'statements' | 'runs' | 'connections'

const quotaColumns: Readonly<Record<Quota, string>> = {
  size_mb: 'quota_bytes = :value::bigint * 1048576',
  statements: 'quota_statements = :value::bigint',
  runs: 'quota_runs = :value::bigint',
  connections: 'quota_connections = :value::int',
}

/** That of connections is PostgreSQL's to keep, so the logins get it at once; connections that are open stay. */
export async function setQuota(
  db: Database,
  tenant: Pick<Tenant, 'id' | 'readerRole' | 'writerRole'>,
  { quota, value }: { readonly quota: Quota; readonly value: number },
): Promise<void> {
  const { id } = tenant
  await db.transaction(async (transaction) => {
    await transaction.run(`UPDATE iasql_platform.tenant SET ${quotaColumns[quota]} WHERE tenant_id = :id`, {
      id,
      value,
    })
    if (quota !== 'connections') return
    for (const role of await existingLogins(transaction, tenant))
      await transaction.run(`ALTER ROLE ${role} CONNECTION LIMIT ${value}`)
  })
}
