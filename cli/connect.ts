/** Opens a connection for a command; no server, or one that refuses us, is told with the command that helps. */
import { join } from 'node:path'
import { connect as connectClient, type IasqlClient } from '#websocket/client.ts'
import { ClientError } from '#websocket/client-error.ts'
import type { ServiceNotice } from '#websocket/messages.ts'
import { NoServerError } from './exit.ts'
import type { ServerAddress } from './server-address.ts'

/** @throws NoServerError */
export async function connect(address: ServerAddress): Promise<IasqlClient> {
  const { url, token, tenant, httpUrl } = address
  try {
    return await connectClient({ url, token, tenant, httpUrl, onNotice: tell })
  } catch (error) {
    throw asNoServer(error, address)
  }
}

const tell = ({ message }: ServiceNotice): void => {
  process.stderr.write(`NOTICE: ${message}\n`)
}

/** The error itself unless it is the connection's. */
export function asNoServer(error: unknown, { url, token, dataDirectory }: ServerAddress): unknown {
  if (!(error instanceof ClientError)) return error
  if (error.code === 'client/refused' || error.answer?.code === 'auth/refused') {
    const { answer } = error
    // The server's own words, unless all they say is that the token is wrong: then the place where it is helps more.
    if (answer && answer.code !== 'auth/refused')
      return new NoServerError(
        `the server at ${url} refuses the connection. ${answer.message} ${answer.hint ?? ''}`.trim(),
      )
    const file = join(dataDirectory, 'token')
    const tokenHint =
      token === undefined
        ? `There is no token: give --token or IASQL_TOKEN; a local server's is in ${file}.`
        : `Is the token right? Give --token or IASQL_TOKEN; a local server's is in ${file}.`
    return new NoServerError(`the server at ${url} refuses the connection. ${tokenHint}`)
  }
  if (error.code !== 'client/unreachable') return error
  return new NoServerError(
    `no server answers at ${url}. Start one with: npx iasql start   (in a clone: npm start), or give --url or IASQL_URL.`,
  )
}
