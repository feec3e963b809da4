/** A create without an answer that nothing can be looked up by: its token says what it made, else what has come since does. */
import { IasqlError } from '#engine/model/error.ts'
import type { Row } from '#engine/model/json.ts'
import { noteCandidates } from '#postgres/statements/intent-siblings.ts'
import { type ApplyRun, refusedEvent, type StepEvent } from './apply-run.ts'
import { stragglerMs, writeSeconds } from './call-times.ts'
import { mapperOf } from './cloud-reader.ts'
import { findUnmarked } from './find-unmarked.ts'
import { refusalIn } from './finish-write.ts'
import { type Job, stepOf } from './jobs.ts'
import { isTooEarly, unknown, untilProved } from './proof.ts'
import { takeMade } from './take-made.ts'

/** The request as it was sent first: the token stands for just that. Undefined where nothing is open. */
export const openRequest = ({ type, intent, want }: Job): Row | undefined =>
  type.mapper?.unmarked && intent === 'open' && want ? want : undefined

/** Whether a repeated call arrives, however late, while the service knows the token. */
export function canRepeat({ context: { ports } }: ApplyRun, job: Job): boolean {
  const { tokenMs = 0 } = mapperOf(job.type).unmarked ?? {}
  const latestMs = ports.clock.now().getTime() + writeSeconds * 1_000 + stragglerMs
  return !job.isTokenSpent && job.candidates === null && latestMs < job.firstCalledMs + tokenMs
}

/** A refusal of the repeated call says nothing of the first; one for good says that the token is of no use any more. */
export function refusedRepeat(run: ApplyRun, job: Job, stepKey: string, error: IasqlError): StepEvent {
  const isForGood = error.retry === 'never' || error.retry === 'reread'
  const isOfUse = !isForGood || error.code === 'cloud/denied' || error.code === 'cloud/unknown-outcome'
  if (error.code === 'cloud/unknown-outcome') job.deadlineMs = run.context.ports.clock.now().getTime()
  if (isOfUse || error.code === 'system/internal') return refusedEvent(run, stepKey, error)
  job.isTokenSpent = true
  return refusedEvent(run, stepKey, unknown(error.message, error))
}

export async function settleUnmarked(run: ApplyRun, job: Job, stepKey: string): Promise<StepEvent> {
  // Called again, under the same token.
  if (canRepeat(run, job)) return { kind: 'absent', step: stepKey }
  if (isTooEarly(run, job)) await untilProved(run, job)
  if (isTooEarly(run, job)) return refusedEvent(run, stepKey, unknown('it may still be made'))
  const { context, reader } = run
  const { step } = stepOf(job, stepKey)
  const { type, change, token } = job
  const key = { table_name: change.table, row_id: change.rowId, token: token ?? '' }
  const scope = { ports: context.ports, tenant: context.tenant, type, api: reader.api(type, step) }
  try {
    const found = await findUnmarked(scope, key)
    switch (found.kind) {
      case 'early':
        return refusedEvent(run, stepKey, unknown('what has come may be what another call makes'))
      case 'none':
        job.intent = 'refused'
        job.candidates = null
        // The service may remember the old token for longer than it says.
        job.rowAttempt += 1
        return { kind: 'absent', step: stepKey }
      case 'one':
        return await takeMade(run, job, stepKey, mapperOf(type).idOf(found.seen))
      case 'several':
        await noteCandidates(context.ports.platform, context.tenant, key, found.ids)
        job.candidates = found.ids
        return refusedEvent(run, stepKey, undecided(job, found.ids))
    }
  } catch (error) {
    const refusal = refusalIn(run, error)
    return refusedEvent(run, stepKey, unknown(refusal.message, refusal))
  }
}

/** Ids that a message names. */
const mostNamed = 5

function undecided({ change }: Job, ids: readonly string[]): IasqlError {
  const [first = ''] = ids
  const names = `${ids.slice(0, mostNamed).join(', ')}${ids.length > mostNamed ? ', …' : ''}`
  const adopting = `SELECT * FROM iasql_adopt('${change.table}', '${first.replaceAll("'", "''")}')`
  // What a row stands for already is not replaced by an adoption.
  const choice = change.cloudId ? '' : `say which one is meant, for example by ${adopting}; or `
  return new IasqlError(
    'apply/needs-decision',
    `nobody knows what the create of ${change.table} ${change.naturalName || change.rowId} has made: ${names} came since then and would do, and nothing is made again`,
    {
      hint: `Look at them: ${choice}delete the others in the cloud; then apply again. Or delete the row: it leaves them all, and iasql_sync() makes rows of them.`,
    },
  )
}
