/** Rings once after a time, unless it is stopped; one that is set already keeps its time. */
import type { Clock } from '../ports.ts'

interface Alarm {
  setFor(ms: number): void
  stop(): void
}

export function alarm(clock: Clock, ring: () => void): Alarm {
  let current: AbortController | undefined
  return {
    setFor(ms) {
      if (current) return
      const set = new AbortController()
      current = set
      clock.sleep(Math.ceil(ms), set.signal).then(
        () => {
          current = undefined
          ring()
        },
        () => undefined,
      )
    },
    stop() {
      current?.abort()
      current = undefined
    },
  }
}
