/** New passwords for the logins of tenants, now and then: a password that got out is worth little for long. */
import { lockRotation, noteRotation, tenantsToRotate } from '#postgres/statements/secret-rotation.ts'
import { findTenant } from '#postgres/statements/tenant-find.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { rotateLogins } from '#postgres/tenant-roles.ts'
import type { Ports } from '../ports.ts'

type Rotating = Pick<Ports, 'platform' | 'secrets' | 'log'>

/** Age at which a password is replaced. */
const rotationDays = 30
/** As many as one invocation has time for; the oldest come first. */
const most = 500

/** One that fails is logged and tried again by the next round; the others go on. Gives how many were rotated. */
export async function rotateSecrets(ports: Rotating, days = rotationDays): Promise<number> {
  let count = 0
  for (const tenantId of await tenantsToRotate(ports.platform, { days, most })) {
    try {
      const tenant = await findTenant(ports.platform, { id: tenantId })
      if (tenant && (await rotateTenant(ports, tenant, days))) count += 1
    } catch (error) {
      ports.log('error', 'The passwords of a tenant could not be replaced.', { tenantId, error })
    }
  }
  if (count > 0) ports.log('info', 'Passwords of tenants were replaced.', { tenants: count })
  return count
}

const rotateTenant = ({ platform, secrets }: Rotating, tenant: Tenant, days: number): Promise<boolean> =>
  platform.transaction(async (transaction) => {
    if (!(await lockRotation(transaction, tenant, days))) return false
    await rotateLogins(transaction, secrets, tenant)
    await noteRotation(transaction, tenant)
    return true
  })
