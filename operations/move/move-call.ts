/** `iasql_tenant_move(alias, placement)`. */
import { findUnmovable } from '#postgres/moving/find-unmovable.ts'
import type { FoundTenant } from '#postgres/statements/tenant-find.ts'
import { beginMove, type Placement } from '#postgres/statements/tenant-move.ts'
import { inWords, openWork } from '#postgres/statements/tenant-open-work.ts'
import { isUpToDate } from '#postgres/statements/tenant-schema.ts'
import type { Ports } from '../ports.ts'
import type { RpcAnswer, RpcCall } from '../rpc/catalogue.ts'
import { nearest } from '../rpc/nearest.ts'
import { refusal } from '../rpc/refusal.ts'
import { atCellOf, atDirectory } from '../tenant/cell.ts'
import { tellCell } from '../tenant/cells.ts'
import { lineOf, otherTenant, requireHomeOwner } from '../tenant/managed-tenant.ts'
import { tenantFingerprint } from '../tenant/tenant-fingerprint.ts'
import { upgradeTenant } from '../tenant/upgrade-tenant.ts'
import { workOnMove } from './work-on-move.ts'

const placements: readonly Placement[] = ['shared', 'dedicated']

/** How long the caller waits; the sweep does the rest. */
const patienceMs = 20_000

export async function moveCall(callers: Ports, call: RpcCall): Promise<RpcAnswer> {
  const ports = atDirectory(callers)
  await requireHomeOwner(ports, call)
  const [alias, given] = call.arguments
  const placement = placementOf(String(given ?? ''))
  const tenant = await otherTenant(ports, String(alias ?? ''), 'moved')
  await refuseStanding(ports, tenant, placement)
  const there = atCellOf(ports, tenant)
  await refuseUnmovable(there, tenant)
  await refuseOpenWork(there, tenant)
  // It is made anew as this version makes it.
  if (!(await isUpToDate(there.platform, tenant, tenantFingerprint(await ports.modules()))))
    await upgradeTenant(there, tenant)
  await begin(ports, tenant, placement)
  const untilMs = ports.clock.now().getTime() + patienceMs
  const outcome = await workOnMove(ports, tenant.id, () => ports.clock.now().getTime() >= untilMs)
  if (outcome.kind === 'failed')
    throw refusal(
      '55000',
      `the tenant ${tenant.alias} could not be moved: ${outcome.problem}`,
      'It is where it was, and as it was; put right what the message names and move it again.',
    )
  const notices =
    outcome.kind === 'later'
      ? [
          `${tenant.alias} is still being moved; that goes on by itself, and iasql_db_list() tells when it is done.`,
        ]
      : []
  return { kind: 'rows', rows: [{ ...(await lineOf(ports, tenant)) }], notices }
}

function placementOf(given: string): Placement {
  const placement = placements.find((one) => one === given)
  if (placement) return placement
  throw refusal(
    '22023',
    `there is no placement ${given}${nearest(given, placements)}`,
    'It is dedicated, a database of its own, or shared, the one that all others are in.',
  )
}

async function refuseStanding(ports: Ports, tenant: FoundTenant, placement: Placement): Promise<void> {
  const { alias, state } = tenant
  if (state !== 'active') throw notActive(alias, state)
  const line = await lineOf(ports, tenant)
  if (line.placement === placement)
    throw refusal('55000', `the tenant ${alias} is ${placement} already`, 'There is nothing to move.')
}

const notActive = (alias: string, state: string): Error =>
  refusal(
    '55000',
    `the tenant ${alias} is ${state}`,
    state === 'suspended'
      ? `Lift that first: SELECT * FROM iasql_tenant_suspend('${alias}', false).`
      : 'SELECT * FROM iasql_db_list() tells when it is not any more.',
  )

async function refuseUnmovable({ platform }: Ports, tenant: FoundTenant): Promise<void> {
  const unmovable = await findUnmovable(platform, tenant)
  if (unmovable.length === 0) return
  throw refusal(
    '0A000',
    `what ${tenant.alias} has made cannot all be moved: ${unmovable.join(', ')}`,
    'Drop these in that tenant, keeping what makes them again, and make them anew when it is moved.',
  )
}

async function refuseOpenWork({ platform }: Ports, tenant: FoundTenant): Promise<void> {
  const open = await openWork(platform, tenant)
  if (open.length === 0) return
  throw refusal(
    '55006',
    `${tenant.alias} is at work: ${inWords(open)}`,
    'Wait until it has ended, or end it in that tenant: iasql_cancel(execution_id), iasql_commit() or iasql_rollback().',
  )
}

/** Shut first, then looked at again: what was begun in between would be torn apart. */
async function begin(ports: Ports, tenant: FoundTenant, placement: Placement): Promise<void> {
  const [directory] = await ports.platform.query<{ name: string }>('SELECT current_database()::text AS name')
  const target = placement === 'dedicated' ? tenant.id : (directory?.name ?? '')
  if (!(await beginMove(ports.platform, { tenantId: tenant.id, placement, target })))
    throw notActive(tenant.alias, 'being changed by somebody else')
  await tellCell(ports, tenant)
}
