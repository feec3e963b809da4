/** A server that takes every request and answers none. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface MuteServer {
  readonly endpoint: string
  readonly requests: number
  close(): void
}

export const startMuteServer = async (): Promise<MuteServer> => {
  let requests = 0
  const server = createServer(() => {
    requests += 1
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
