/** PostgreSQL's own cancel request: it needs no connection of the role, which may have used up its own. */
import { connect } from 'node:net'
import type { PoolClient } from 'pg'

const cancelCode = 80_877_102
const patienceMs = 5_000

/** What the server gave at log-in; the driver keeps both without declaring them. */
interface BackendKey {
  readonly processID: number
  readonly secretKey: number
}

export interface Address {
  readonly host: string
  readonly port: number
}

/** Resolves when the server has passed the request on, or does not answer. */
export const cancelBackend = (client: PoolClient, { host, port }: Address): Promise<void> =>
  new Promise((resolve) => {
    const { processID, secretKey } = client as unknown as BackendKey
    const request = Buffer.alloc(16)
    for (const [index, word] of [16, cancelCode, processID, secretKey].entries())
      request.writeInt32BE(word, index * 4)
    const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host)
    socket.setTimeout(patienceMs, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve())
    socket.on('connect', () => socket.end(request))
    socket.resume()
  })
