/** Work that is done now and then, as a schedule does on AWS: one round after the other, never two at once. */
import { setTimeout as delay } from 'node:timers/promises'

export interface Repeated {
  readonly firstMs: number
  readonly everyMs: number
  readonly work: (signal: AbortSignal) => Promise<void>
  readonly failed: (error: unknown) => void
}

/** Does not keep the process alive. `stop` resolves when the round at work has ended. */
export function repeat({ firstMs, everyMs, work, failed }: Repeated): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const { signal } = stopping
  const rounds = async (): Promise<void> => {
    for (let ms = firstMs; ; ms = everyMs) {
      await delay(ms, undefined, { signal, ref: false })
      await work(signal).catch(failed)
    }
  }
  const over = rounds().catch(() => undefined)
  return {
    stop: async () => {
      stopping.abort()
      await over
    },
  }
}
