/** What a tenant's schema is made from, in 16 hexadecimal digits: while they are the same there is nothing to bring up to date. */
import { createHash } from 'node:crypto'
import type { Registry } from '#modules/registry.ts'
import { tenantMigrations } from '#postgres/migrations/index.ts'
import { tenantSchema } from '#postgres/migrations/schema-version.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { engineFunctionsSql } from '../rpc/engine-functions.ts'

/** Stands for all of them: their names differ and nothing else. */
const anyTenant: Tenant = {
  id: 't',
  alias: 'any',
  schema: 't',
  userSchema: 't_user',
  ownerRole: 't_owner',
  readerRole: 't_reader',
  writerRole: 't_writer',
  reader: { secret: 'reader', database: 'any' },
  writer: { secret: 'writer', database: 'any' },
}

const known = new WeakMap<Registry, string>()

export function tenantFingerprint(offered: Registry): string {
  const made = known.get(offered) ?? fingerprintOf(offered)
  known.set(offered, made)
  return made
}

function fingerprintOf(offered: Registry): string {
  const hash = createHash('sha256')
  hash.update(JSON.stringify(tenantSchema))
  for (const { name, version, sql } of tenantMigrations)
    hash.update(`${name} ${version} ${sql(anyTenant).join(';')}`)
  for (const sql of engineFunctionsSql(anyTenant, offered)) hash.update(sql)
  return hash.digest('hex').slice(0, 16)
}
