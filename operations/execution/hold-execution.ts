/** Keeps an execution ours while an invocation works on it, and hears when it is no longer wanted. */
import { heartbeatExecution } from '#postgres/statements/execution-heartbeat.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'

/** An execution whose holder is silent for so long may be taken over. */
export const leaseSeconds = 20
const beatMs = 2_000

export interface Hold {
  readonly lost: AbortSignal
  readonly cancelled: AbortSignal
  release(): Promise<void>
}

export function holdExecution(
  ports: Ports,
  tenant: Tenant,
  held: { readonly executionId: number; readonly fence: number; readonly cancelRequested: boolean },
): Hold {
  const lost = new AbortController()
  const cancelled = new AbortController()
  const released = new AbortController()
  if (held.cancelRequested) cancelled.abort()
  let silentSince = ports.clock.now().getTime()
  const beat = async (): Promise<void> => {
    try {
      const answer = await heartbeatExecution(ports.platform, tenant, { ...held, leaseSeconds })
      silentSince = ports.clock.now().getTime()
      if (answer === 'lost') lost.abort(new Error('another invocation took this execution over'))
      if (answer === 'cancelled') cancelled.abort()
    } catch (error) {
      const silentMs = ports.clock.now().getTime() - silentSince
      if (silentMs > leaseSeconds * 1_000) lost.abort(error)
    }
  }
  const beating = (async () => {
    while (!released.signal.aborted && !lost.signal.aborted) {
      await ports.clock.sleep(beatMs, released.signal).catch(() => undefined)
      if (!released.signal.aborted) await beat()
    }
  })()
  return {
    lost: lost.signal,
    cancelled: cancelled.signal,
    async release() {
      released.abort()
      await beating
    },
  }
}
