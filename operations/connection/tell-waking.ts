/** Who waits for a database that wakes up is told so, once a message. */
import type { ServerMessage } from '#websocket/messages.ts'
import type { Ports, Waking } from '../ports.ts'

const notice = {
  type: 'notice',
  message: 'waking the database',
  hint: 'It sleeps when nobody needs it, and takes about 15 seconds; nothing has to be sent again.',
} as const satisfies ServerMessage

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
      .post(connectionId, JSON.stringify(notice))
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
