/** Brings a database to this version: the platform's schema, then tenant by tenant; while the last version still serves. */
import { migratePlatform } from '#postgres/migrate.ts'
import type { Secrets } from '#postgres/secrets.ts'
import { closeToPublic } from '#postgres/statements/database-close.ts'
import { offerFirstOwner } from '../people/first-owner.ts'
import type { Ports } from '../ports.ts'
import { createTenant } from '../tenant/create-tenant.ts'
import { migrateCells } from '../tenant/migrate-cells.ts'
import { upgradePlatform } from '../tenant/upgrade-platform.ts'
import { whenUnlocked } from '../tenant/when-unlocked.ts'

/** The tenant that every deployment has from the start; its owners look after the others. */
const homeAlias = 'home'

export interface Home {
  readonly secrets: Secrets
  /** What makes whoever shows it the first owner. */
  readonly firstOwnerSecret: () => Promise<string>
}

export interface Pace {
  /** The last tenant that is done already. */
  readonly after: string | undefined
  /** How long this invocation may go on, milliseconds. */
  readonly budgetMs: number
}

/**
 * Safe to repeat, also at the same time: each step is done once, whole or not at all, and one that was done before is
 * passed over, by an older version too. Gives the last tenant done when time was up before the end. A tenant that could not
 * be brought up to date stays as it was and is served as before: iasql_db_list() tells why.
 */
export async function migrateDeployment(
  ports: Ports,
  { secrets, firstOwnerSecret }: Home,
  { after, budgetMs }: Pace,
): Promise<{ readonly after?: string }> {
  const untilMs = ports.clock.now().getTime() + budgetMs
  const patiently = (work: () => Promise<void>) => whenUnlocked(ports, untilMs, work)
  if (after === undefined) {
    await patiently(async () => {
      await closeToPublic(ports.platform)
      await migratePlatform(ports.platform)
      await migrateCells(ports)
      const home = await createTenant(ports, { alias: homeAlias, secrets })
      await offerFirstOwner(ports, { tenantId: home.id, secret: await firstOwnerSecret() })
    })
  }
  const isOver = () => ports.clock.now().getTime() >= untilMs
  const upgraded = await upgradePlatform(ports, { after, isOver })
  if (upgraded.after !== undefined) return { after: upgraded.after }
  ports.log('info', 'The database is up to date.', {
    tenants: upgraded.done,
    failed: upgraded.failed.map(({ alias }) => alias),
  })
  return {}
}
