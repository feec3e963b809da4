/** The identifier by which a tenant's roles know that it is for this tenant that we come. */
import { randomBytes } from 'node:crypto'
import { keepExternalId } from '#postgres/statements/external-id.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'

/** Made by us, never chosen: whoever chose it could name the role of another. */
export const externalIdOf = ({ platform }: Pick<Ports, 'platform'>, { id }: Tenant): Promise<string> =>
  keepExternalId(platform, { tenantId: id, fresh: `iasql-${randomBytes(16).toString('hex')}` })

/** Where nobody can be trusted but the server itself. */
export const principalOf = ({ accounts, defaults }: Pick<Ports, 'accounts' | 'defaults'>): string =>
  accounts?.principal ?? `arn:aws:iam::${defaults.accountId}:root`
