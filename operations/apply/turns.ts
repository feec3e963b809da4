/** A step's turn: it waits for AWS's limits and then for a slot among the calls in flight, before it intends anything. */
import { leadOperation } from '#engine/throttle/lead-operation.ts'
import type { SdkClientClass } from '#modules/kit/index.ts'
import { slots } from '../limits/slots.ts'
import type { Cloud, Ports } from '../ports.ts'
import { placeOf } from '../sync/places.ts'
import type { ApplyRun } from './apply-run.ts'
import { type Job, type JobStep, stepOf } from './jobs.ts'
import { waitingTurns } from './waiting-turns.ts'

/** Steps of one apply that call at once; near what an SDK client has sockets for. */
export const callsAtOnce = 48
/** Look-ups of calls that nobody answered; most of them only wait for time to pass. */
const lookUpsAtOnce = 48
/** Of steps that share their calls; these have no more than one call of a group under way. */
const sharersAtOnce = 500

export interface Turn {
  /** Makes the step's first call without waiting again. */
  readonly cloud: Cloud
  end(): void
}

export interface Turns {
  /** Undefined: the execution comes to an end first. */
  toCall(job: Job, stepKey: string): Promise<Turn | undefined>
  toLookUp(job: Job, stepKey: string): Promise<Turn | undefined>
}

interface Ends {
  /** Nothing new is to be begun. */
  readonly ending: AbortSignal
  /** Nobody waits for the answer any more. */
  readonly abandoned: AbortSignal
  /** All is over. */
  readonly over: AbortSignal
}

export function openTurns({ context }: ApplyRun, { ending, abandoned, over }: Ends): Turns {
  const { ports } = context
  const waiting = waitingTurns(context, over)
  const calls = slots(callsAtOnce)
  const lookUps = slots(lookUpsAtOnce)
  const sharers = slots(sharersAtOnce)
  const running = ports.cloud.running?.() ?? ports.cloud
  const signal = AbortSignal.any([ending, abandoned])
  const rankOf = ({ step }: JobStep): number => ports.clock.now().getTime() - step.priorityMs

  const unlessEnded = async (turn: () => Promise<Turn>): Promise<Turn | undefined> => {
    try {
      return await turn()
    } catch (error) {
      if (!abandoned.aborted && ending.aborted) return undefined
      throw error
    }
  }
  return {
    toCall: (job, stepKey) =>
      unlessEnded(async () => {
        const step = stepOf(job, stepKey)
        if (!callsCloud(step)) return { cloud: ports.cloud, end: () => undefined }
        // What a shared call draws from AWS's limits is for the first of those that share it to draw.
        if (job.type.grouped) return { cloud: running, end: await sharers.take(rankOf(step), signal) }
        const lead = leadOf(job, step)
        const reserving = lead && reserve(ports, step, lead, signal)
        const cloud = reserving ? await waiting.during(step.step, lead.operation, reserving) : running
        return { cloud, end: await calls.take(rankOf(step), signal) }
      }),
    toLookUp: (job, stepKey) =>
      unlessEnded(async () => {
        const end = await lookUps.take(rankOf(stepOf(job, stepKey)), signal)
        return { cloud: running, end }
      }),
  }
}

const callsCloud = ({ step }: JobStep): boolean => step.kind !== 'forget' && step.kind !== 'companion'

interface Lead {
  readonly client: SdkClientClass
  readonly operation: string
}

function leadOf({ type: { mapper } }: Job, { step, cloudId }: JobStep): Lead | undefined {
  // A create whose resource stands goes on as an update.
  const kind = step.kind === 'create' && cloudId !== undefined ? 'update' : step.kind
  const operation = mapper && leadOperation(mapper.operations, kind)
  return mapper && operation ? { client: mapper.client, operation } : undefined
}

function reserve(
  ports: Ports,
  { step }: JobStep,
  lead: Lead,
  signal: AbortSignal,
): Promise<Cloud> | undefined {
  const { priorityMs } = step
  return ports.cloud.reserve?.({ ...lead, place: placeOf(ports, step), priorityMs }, signal)
}
