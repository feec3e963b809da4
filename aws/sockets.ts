/** As many calls of a client at once as it has sockets: the SDK takes the wait for one for a connection that fails. */

export interface Sockets {
  /** False: the signal has aborted meanwhile, and there is nothing to leave. */
  enter(signal: AbortSignal): Promise<boolean>
  leave(): void
}

export function sockets(count: number): Sockets {
  let free = count
  const line = new Set<() => void>()
  const wait = (signal: AbortSignal): Promise<boolean> =>
    new Promise((resolve) => {
      const go = (): void => {
        line.delete(go)
        signal.removeEventListener('abort', giveUp)
        resolve(true)
      }
      const giveUp = (): void => {
        line.delete(go)
        resolve(false)
      }
      line.add(go)
      signal.addEventListener('abort', giveUp, { once: true })
    })
  return {
    async enter(signal) {
      if (signal.aborted) return false
      if (free === 0) return await wait(signal)
      free -= 1
      return true
    },
    leave() {
      const [next] = line
      if (next) next()
      else free += 1
    },
  }
}
