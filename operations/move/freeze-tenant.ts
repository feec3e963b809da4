/** Before anything is copied nobody is in any more, and nobody writes; who does later is found out. */
import { findUnmovable } from '#postgres/moving/find-unmovable.ts'
import { allowConnect, allowLogins, isWritten, refuseConnect } from '#postgres/statements/tenant-freeze.ts'
import { noteFrozen } from '#postgres/statements/tenant-move.ts'
import { inWords, openWork } from '#postgres/statements/tenant-open-work.ts'
import { endBackends } from '#postgres/statements/tenant-stop.ts'
import { atCellOf } from '../tenant/cell.ts'
import { stopTenant } from '../tenant/stop-tenant.ts'
import { beingMoved } from './being-moved.ts'
import { MovePaused, type MoveWork } from './move-work.ts'

/** Time for sweeps that have begun, and for sessions to end. */
const patienceMs = 30_000
const againMs = 100

/** The transaction that ends all writing. */
export async function freezeTenant(work: MoveWork): Promise<string> {
  const frozenAt = work.move.frozen_at ?? (await freeze(work))
  await untilQuiet(work)
  // Whoever was in until then may have made what would run as us when it is read, such as a policy.
  const unmovable = await findUnmovable(work.source, work.tenant)
  if (unmovable.length > 0) throw new Error(`it has made what cannot be moved: ${unmovable.join(', ')}`)
  return frozenAt
}

async function freeze({ ports, tenant, move, holding, source }: MoveWork): Promise<string> {
  const open = await openWork(source, tenant)
  if (open.length > 0) throw new Error(`it is at work: ${inWords(open)}`)
  await stopTenant(atCellOf(ports, tenant), tenant, beingMoved(tenant.alias))
  await refuseConnect(ports.platform, move.source_database, tenant)
  await endBackends(source, tenant)
  const frozenAt = await noteFrozen(ports.platform, holding)
  if (frozenAt === undefined) throw new MovePaused()
  return frozenAt
}

async function untilQuiet({ ports, tenant, source, pause }: MoveWork): Promise<void> {
  const untilMs = ports.clock.now().getTime() + patienceMs
  while (await isWritten(source, tenant)) {
    if (ports.clock.now().getTime() >= untilMs) throw new Error('somebody is still at work in its tables')
    await pause()
    await ports.clock.sleep(againMs)
  }
}

/** Its logins get into the target and nowhere else: what it has made is made again by itself. */
export async function letIntoTarget({ ports, tenant, move }: MoveWork): Promise<void> {
  await allowConnect(ports.platform, move.target_database, tenant)
  await allowLogins(ports.platform, tenant)
}
