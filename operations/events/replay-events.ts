/** What a client has not seen of a run, in order, until it has caught up and gets the rest as it is made. */
import { IasqlError } from '#engine/model/error.ts'
import { readRunEvents } from '#postgres/statements/event-read.ts'
import { joinRun } from '#postgres/statements/run-listeners.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import { isShownOnce, messageOf } from './encode-events.ts'
import { forgetShown } from './post-events.ts'
import { openEvent } from './seal-events.ts'

export interface Replay {
  readonly runId: string
  readonly connectionId: string
  /** Whose run it must be; null: anybody's. */
  readonly actor: string | null
  readonly afterSeq: number
}

/** The same whether it is not there or not the client's: run ids are no secret within a tenant. */
export const unknownRun = (runId: string): IasqlError =>
  new IasqlError('protocol/unknown-run', `There is no run ${runId}.`)

/** @throws IasqlError `protocol/unknown-run` when the tenant has no such run of this actor. */
export async function replayEvents(ports: Ports, tenant: Tenant, replay: Replay): Promise<void> {
  const { runId, connectionId, actor } = replay
  let { afterSeq } = replay
  for (;;) {
    const run = await joinRun(ports.platform, tenant, { runId, connectionId, actor, afterSeq })
    if (!run) throw unknownRun(runId)
    if (run.joined) return
    const events = await readRunEvents(ports.platform, tenant, runId, afterSeq)
    if (events.length === 0)
      throw new IasqlError('protocol/unknown-run', `Events of run ${runId} are not kept any more.`)
    for (const event of events) {
      const opened = await openEvent(ports.cipher, { body: event.body, isFresh: event.is_fresh })
      const message = messageOf(runId, event.seq, opened)
      if ((await ports.connections.post(connectionId, message)) === 'gone') return
      if (isShownOnce(opened)) await forgetShown(ports, tenant, runId)
      afterSeq = event.seq
    }
  }
}
