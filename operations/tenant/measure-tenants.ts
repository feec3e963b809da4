/** Measures the tenants that have run something since the last time: of thousands, most have not. */
import { findTenant } from '#postgres/statements/tenant-find.ts'
import { measureSize, tenantsToMeasure } from '#postgres/statements/tenant-usage.ts'
import type { Ports } from '../ports.ts'

/** As many as one sweep has time for; the others were measured longer ago by the next one. */
const most = 200

export async function measureTenants({ platform, log }: Pick<Ports, 'platform' | 'log'>): Promise<void> {
  for (const tenantId of await tenantsToMeasure(platform, most)) {
    try {
      const tenant = await findTenant(platform, { id: tenantId })
      if (tenant) await measureSize(platform, tenant)
    } catch (error) {
      log('error', 'The size of a tenant could not be measured.', { tenantId, error })
    }
  }
}
