/** A tenant gets its key with the first module that has secret columns or arguments: making one takes its time. */
import type { Module } from '#modules/kit/index.ts'
import { hasSecretKey, insertSecretKey } from '#postgres/statements/secret-key.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'

const hasSecrets = ({ tables, rpc }: Module): boolean =>
  tables.some(({ columns }) => Object.values(columns).some(({ secret }) => secret)) ||
  rpc.some(({ arguments: all }) => all.some(({ secret }) => secret))

/** What its private half is kept under. */
export const secretKeyName = ({ id }: Pick<Tenant, 'id'>): string => `iasql/${id}/secrets`

/** Safe to repeat, also at the same time. */
export async function ensureSecretKey(
  { platform, secretKeys }: Pick<Ports, 'platform' | 'secretKeys'>,
  tenant: Tenant,
  modules: readonly Module[],
): Promise<void> {
  if (!modules.some(hasSecrets) || (await hasSecretKey(platform, tenant))) return
  const name = secretKeyName(tenant)
  await insertSecretKey(platform, tenant, { name, publicKey: await secretKeys.publicKey(name) })
}
