/** Whether a tenant may run more now: its statements of the minute are counted as they come. */
import { IasqlError } from '#engine/model/error.ts'
import { countOpenRuns, type Rate } from '#postgres/statements/tenant-usage.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'

/** A run that is longer than the quota itself is let through when nothing was run before it. */
export function refuseRate({ alias }: Pick<Tenant, 'alias'>, rate: Rate | undefined): IasqlError | undefined {
  if (!rate || rate.before < rate.quota) return undefined
  const allowed = rate.quota.toLocaleString('en')
  return new IasqlError(
    'quota/statements',
    `${alias} has run its ${allowed} statements of this minute; that is its quota statements.`,
  )
}

/** Asked when a run found no room. */
export async function refuseCrowd(
  { platform }: Pick<Ports, 'platform'>,
  tenant: Tenant,
  rate: Rate | undefined,
): Promise<IasqlError | undefined> {
  if (!rate || (await countOpenRuns(platform, tenant)) < rate.runs_quota) return undefined
  return new IasqlError(
    'quota/runs',
    `${tenant.alias} has ${rate.runs_quota.toLocaleString('en')} runs at work; that is its quota runs.`,
  )
}
