/** A way to a PostgreSQL on which what follows an error is held back: the moment when the server has yet to roll back. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

interface Address {
  readonly host: string
  readonly port: number
}

export interface GatedPostgres extends Address {
  /** Resolves when a client has been sent an error, and nothing after it. */
  errorSent(): Promise<void>
  /** Lets through what was held back, and all that comes. */
  release(): void
  close(): Promise<void>
}

const kindBytes = 1

/** Undefined while it has not come whole. */
const firstMessage = (bytes: Buffer): Buffer | undefined => {
  if (bytes.length < kindBytes + 4) return undefined
  const end = kindBytes + bytes.readInt32BE(kindBytes)
  return bytes.length < end ? undefined : bytes.subarray(0, end)
}

const isError = (message: Buffer): boolean => message.toString('latin1', 0, kindBytes) === 'E'

export const openGatedPostgres = async (server: Address): Promise<GatedPostgres> => {
  const sent = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const sockets: Socket[] = []

  const pass = async (from: Socket, to: Socket): Promise<void> => {
    let unread = Buffer.alloc(0)
    for await (const chunk of from) {
      unread = Buffer.concat([unread, chunk as Buffer])
      for (let message = firstMessage(unread); message; message = firstMessage(unread)) {
        unread = unread.subarray(message.length)
        to.write(message)
        if (!isError(message)) continue
        sent.resolve()
        await released.promise
      }
    }
    to.end()
  }
  const gate = createServer({ noDelay: true }, (client) => {
    const upstream = connect(server.port, server.host)
    sockets.push(client, upstream)
    client.on('error', () => upstream.destroy())
    client.pipe(upstream)
    pass(upstream, client).catch(() => client.destroy())
  })
  gate.listen(0, '127.0.0.1')
  await once(gate, 'listening')
  return {
    host: '127.0.0.1',
    port: (gate.address() as AddressInfo).port,
    errorSent: () => sent.promise,
    release: () => released.resolve(),
    close: async () => {
      for (const socket of sockets) socket.destroy()
      gate.close()
      await once(gate, 'close')
    },
  }
}
