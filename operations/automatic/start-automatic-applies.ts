/** Automatic mode: what was edited is applied by the next tick, once nobody is at it any more. */
import { each } from '#aws/each.ts'
import { automaticModeOf } from '#engine/model/setting.ts'
import {
  type AutomaticTenant,
  automaticTenants,
  noteTry,
  type WaitingEdits,
  waitingEdits,
} from '#postgres/statements/automatic-apply.ts'
import { loadSettings } from '#postgres/statements/setting.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { automaticArguments } from '../apply/apply-arguments.ts'
import { automaticActor } from '../drift/check-drift.ts'
import { createExecution, startExecution } from '../execution/create-execution.ts'
import type { Ports } from '../ports.ts'
import { loadTenant } from '../tenant/load-tenant.ts'

const tenantsAtATime = 4
/** What could not be done is tried again after a minute, then two, then four … */
const firstRetryMs = 60_000
const longestRetryMs = 3_600_000

/** Called by a schedule; safe to call twice at once. */
export async function startAutomaticApplies(ports: Ports): Promise<void> {
  const start = async (one: AutomaticTenant): Promise<undefined> => {
    try {
      await applyFor(ports, await loadTenant(ports, one.tenant_id), one)
    } catch (error) {
      ports.log('error', 'an automatic apply could not be begun', { tenantId: one.tenant_id, error })
    }
  }
  await each(await automaticTenants(ports.platform), start, tenantsAtATime)
}

async function applyFor(ports: Ports, tenant: Tenant, before: AutomaticTenant): Promise<void> {
  const settings = await loadSettings(ports.platform, tenant)
  if (automaticModeOf(settings) !== 'apply') return
  const nowMs = ports.clock.now().getTime()
  const delayMs = settings.automaticDelay * 1_000
  const waiting = await waitingEdits(ports.platform, tenant, new Date(nowMs - delayMs))
  const attempt = nextTry(before, waiting, { nowMs, delayMs })
  if (!attempt || !(await noteTry(ports.platform, { tenantId: tenant.id, before, ...attempt }))) return
  const executionId = await createExecution(ports, tenant, {
    kind: 'apply',
    rpc: 'iasql_apply',
    arguments: automaticArguments(delayMs),
    actor: automaticActor,
  })
  await startExecution(ports, tenant, executionId)
}

interface Times {
  readonly nowMs: number
  /** How long nobody may have edited. */
  readonly delayMs: number
}

/** Undefined while there is nothing to do, or somebody is at it. */
function nextTry(before: AutomaticTenant, waiting: WaitingEdits, { nowMs, delayMs }: Times) {
  if (waiting.is_in_transaction || waiting.is_applying) return undefined
  if (waiting.edit_id === null && waiting.enforced_at === null) return undefined
  if (nowMs - timeOf(waiting.edited_at) < delayMs) return undefined
  const editId = Math.max(before.edit_id, waiting.edit_id ?? 0)
  const planId = Math.max(before.plan_id, waiting.plan_id ?? 0)
  const isNew =
    editId > before.edit_id ||
    planId > before.plan_id ||
    timeOf(waiting.enforced_at) > timeOf(before.tried_at)
  if (!isNew && nowMs < timeOf(before.retry_at)) return undefined
  const tries = isNew ? 1 : before.tries + 1
  const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** (tries - 1))
  return { editId, planId, tries, retryAt: new Date(nowMs + waitMs) }
}

/** Long ago, of none. */
const timeOf = (at: string | null): number => (at === null ? 0 : new Date(at).getTime())
