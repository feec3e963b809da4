/** A move from where it is to its end, or as far as there is time for: forward until the switch, or all the way back. */
import { DataApiError } from '#postgres/data-api.ts'
import { databaseErrorOf } from '#postgres/database-error.ts'
import { closeProgress } from '#postgres/moving/progress.ts'
import { allowConnect, allowLogins } from '#postgres/statements/tenant-freeze.ts'
import { mirrorTenant } from '#postgres/statements/tenant-mirror.ts'
import {
  endMove,
  noteCopied,
  noteFailed,
  noteMoved,
  noteUndoing,
  reopenTenant,
} from '#postgres/statements/tenant-move.ts'
import type { Ports } from '../ports.ts'
import { copyTenant } from './copy-tenant.ts'
import { leaveDatabase } from './leave-database.ts'
import { holdWork, letGo, MovePaused, type MoveWork } from './move-work.ts'

export type MoveOutcome =
  | { readonly kind: 'moved' }
  | { readonly kind: 'later' }
  | { readonly kind: 'failed'; readonly problem: string }

/** In the directory. What fails for now is thrown, and tried again by the next sweep. */
export async function workOnMove(
  ports: Ports,
  tenantId: string,
  isOver: () => boolean,
): Promise<MoveOutcome> {
  const work = await holdWork(ports, tenantId, isOver)
  if (!work) return { kind: 'later' }
  try {
    return await goOn(work)
  } catch (error) {
    if (error instanceof MovePaused) return { kind: 'later' }
    throw error
  } finally {
    await letGo(work).catch(() => undefined)
  }
}

async function goOn(work: MoveWork): Promise<MoveOutcome> {
  switch (work.move.phase) {
    case 'copying': {
      const problem = await tryToCopy(work)
      return problem === undefined ? await moveOver(work) : await undo(work, problem)
    }
    case 'copied':
      return await moveOver(work)
    case 'moved':
      return await leave(work)
    case 'undoing':
      return await undo(work, work.move.problem ?? 'it could not be copied')
  }
}

/** Why it cannot be done; what may be better the next time is thrown. */
async function tryToCopy(work: MoveWork): Promise<string | undefined> {
  try {
    await copyTenant(work)
    if (!(await noteCopied(work.ports.platform, work.holding))) throw new MovePaused()
    return undefined
  } catch (error) {
    if (error instanceof MovePaused || isPassing(error)) throw error
    // Not the error itself, whose detail may be a row of the tenant's.
    const problem = databaseErrorOf(error)?.message ?? (error as Error).message
    work.ports.log('error', 'A tenant could not be moved; it stays where it is.', {
      tenantId: work.tenant.id,
      problem,
    })
    if (!(await noteUndoing(work.ports.platform, work.holding, problem))) throw new MovePaused()
    return problem
  }
}

const passing: ReadonlySet<string> = new Set([
  'unavailable',
  'resuming',
  'transaction-not-found',
  'busy-transaction',
])

/** A database that is away, wakes up, or has lost a transaction. */
const isPassing = (error: unknown): boolean => error instanceof DataApiError && passing.has(error.fault)

async function moveOver(work: MoveWork): Promise<MoveOutcome> {
  const { ports, tenant, target, holding } = work
  for (const schema of [tenant.schema, tenant.userSchema]) await closeProgress({ db: target, schema })
  if (!(await noteMoved(ports.platform, holding))) throw new MovePaused()
  try {
    return await leave(work)
  } catch (error) {
    // It is where it shall be; what it has left goes with the next sweep.
    if (!(error instanceof MovePaused))
      ports.log('warn', 'What a moved tenant has left could not be taken away for now.', {
        tenantId: tenant.id,
        error,
      })
    return { kind: 'moved' }
  }
}

async function leave(work: MoveWork): Promise<MoveOutcome> {
  const { ports, tenant, move, target, holding } = work
  if (move.placement === 'dedicated') await mirrorTenant(ports.platform, target, tenant.id)
  await leaveDatabase(work, move.source_database, 'moved')
  await endMove(ports.platform, holding)
  ports.log('info', 'A tenant was moved.', { tenantId: tenant.id, placement: move.placement })
  return { kind: 'moved' }
}

async function undo(work: MoveWork, problem: string): Promise<MoveOutcome> {
  const { ports, tenant, move, source, holding } = work
  await leaveDatabase(work, move.target_database, 'undoing')
  await allowConnect(ports.platform, move.source_database, tenant)
  await allowLogins(ports.platform, tenant)
  await reopenTenant(ports.platform, holding)
  if (move.placement === 'shared') await mirrorTenant(ports.platform, source, tenant.id)
  await noteFailed(ports.platform, holding)
  return { kind: 'failed', problem }
}
