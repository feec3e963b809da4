/** The one tenant of a server on one machine: there from the first start, with its token. */
import type { Secrets } from '#postgres/secrets.ts'
import { replaceToken } from '#postgres/statements/token-replace.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { changePeople } from '../people/change-people.ts'
import type { Ports } from '../ports.ts'
import { atTenant } from './cell.ts'
import { createTenant } from './create-tenant.ts'

export interface LocalTenant {
  readonly secrets: Secrets
  readonly alias: string
  /** SHA-256 of the token's text, hexadecimal. */
  readonly tokenHash: string
}

export async function ensureLocalTenant(ports: Ports, local: LocalTenant): Promise<Tenant> {
  const tenant = await createTenant(ports, local)
  const token = { tenantId: tenant.id, name: local.alias, role: 'owner', tokenHash: local.tokenHash } as const
  const { ports: there } = await atTenant(ports, tenant.id)
  await changePeople(there, tenant, (db) => replaceToken(db, token))
  return tenant
}
