/** The schedule that one query over all tenants asks, made from what the tenant has set. */
import { automaticModeOf, type Settings } from '#engine/model/setting.ts'
import { storeSchedule } from '#postgres/statements/drift-schedule.ts'
import { loadSettings } from '#postgres/statements/setting.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'

/** Minutes between two checks; null: none are made. */
export const minutesOf = ({
  driftInterval,
  driftPaused,
}: Pick<Settings, 'driftInterval' | 'driftPaused'>): number | null =>
  driftInterval === 0 || driftPaused === 1 ? null : driftInterval

/** Safe to repeat; the settings as they are now. */
export async function keepSchedule({ platform, clock }: Ports, tenant: Tenant): Promise<Settings> {
  const settings = await loadSettings(platform, tenant)
  await storeSchedule(platform, {
    tenantId: tenant.id,
    minutes: minutesOf(settings),
    isApplied: automaticModeOf(settings) === 'apply',
    now: clock.now(),
  })
  return settings
}
