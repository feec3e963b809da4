/**
 * Brings all tenants to this version, one at a time, while the last version and this one both serve them. Those that are
 * up to date cost nothing, so it goes on where a crash has left it.
 */
import { migratePlatform } from '#postgres/migrate.ts'
import { type FoundTenant, outdatedTenants } from '#postgres/statements/tenant-find.ts'
import { noteUpgradeProblem } from '#postgres/statements/tenant-schema.ts'
import type { Ports } from '../ports.ts'
import { atCellOf } from './cell.ts'
import { tenantFingerprint } from './tenant-fingerprint.ts'
import { upgradeTenant } from './upgrade-tenant.ts'
import { whenUnlocked } from './when-unlocked.ts'

export interface UpgradePace {
  /** The last tenant that was looked at before. */
  readonly after?: string | undefined
  /** Whether no other tenant is to be begun; one is always looked at. */
  readonly isOver?: () => boolean
}

export interface Upgraded {
  readonly done: number
  /** They stay as they were, and are served as before. */
  readonly failed: readonly { readonly alias: string; readonly problem: string }[]
  /** The last tenant that was looked at, when time was up before the end. */
  readonly after?: string
}

/** How long one tenant may keep the others waiting by what it has locked, milliseconds. */
const patienceMs = 10_000

/** @example const { failed } = await upgradePlatform(ports) */
export async function upgradePlatform(
  ports: Ports,
  { after = '', isOver = () => false }: UpgradePace = {},
): Promise<Upgraded> {
  const fingerprint = tenantFingerprint(await ports.modules())
  const failed: { alias: string; problem: string }[] = []
  let done = 0
  let last = after
  for (;;) {
    const tenants = await outdatedTenants(ports.platform, { fingerprint, after: last })
    if (tenants.length === 0) return { done, failed }
    for (const tenant of tenants) {
      const isFirst = done + failed.length === 0
      if (!isFirst && isOver()) return { done, failed, after: last }
      const problem = await upgradeOne(ports, tenant)
      if (problem === undefined) done += 1
      else failed.push({ alias: tenant.alias, problem })
      last = tenant.id
    }
  }
}

/** What went wrong; a database that is away is everybody's problem, and thrown. */
async function upgradeOne(ports: Ports, tenant: FoundTenant): Promise<string | undefined> {
  const untilMs = ports.clock.now().getTime() + patienceMs
  try {
    await whenUnlocked(ports, untilMs, async () => {
      const there = atCellOf(ports, tenant)
      if (tenant.cell !== null) await migratePlatform(there.platform)
      await upgradeTenant(there, tenant)
    })
    return undefined
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    await noteUpgradeProblem(ports.platform, tenant, problem)
    ports.log('error', 'A tenant could not be brought up to date; it stays as it was and is tried again.', {
      tenantId: tenant.id,
      error,
    })
    ports.count?.('Errors')
    return problem
  }
}
