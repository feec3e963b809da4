/** Who waits for a database that wakes up is told so, once a message. */
import { wakingNotice } from '#websocket/messages.ts'
import type { Ports, Waking } from '../ports.ts'

/** Does `work`, and tells the connection when it has to wait. */
export async function tellingOfWaking<Result>(
  { waking, connections, log }: Pick<Ports, 'waking' | 'connections' | 'log'>,
  connectionId: string,
  work: () => Promise<Result>,
): Promise<Result> {
  let isTold = false
  const stop = waking?.watch(() => {
    if (isTold) return
    isTold = true
    connections
      .post(connectionId, JSON.stringify(wakingNotice))
      .catch((error: unknown) =>
        log('warn', 'A client could not be told that the database wakes.', { error }),
      )
  })
  try {
    return await work()
  } finally {
    stop?.()
  }
}

/** Does `work`, unless it would have to wait: what it has begun wakes the database. */
export async function unlessWaking<Result>(
  { waking }: Pick<Ports, 'waking'>,
  work: () => Promise<Result>,
): Promise<Result | 'waking'> {
  const { promise, resolve } = Promise.withResolvers<'waking'>()
  const stop = waking?.watch(() => resolve('waking'))
  const done = work()
  // Nobody waits for it any more.
  done.catch(() => undefined)
  try {
    return await Promise.race([done, promise])
  } finally {
    stop?.()
  }
}

export interface WakingWatch extends Waking {
  readonly tell: () => void
}

/** For the adapter that has to wait, and for those who want to know of it. */
export function wakingWatch(): WakingWatch {
  const watching = new Set<() => void>()
  return {
    tell: () => {
      for (const told of watching) told()
    },
    watch: (told) => {
      const own = () => told()
      watching.add(own)
      return () => watching.delete(own)
    },
  }
}
