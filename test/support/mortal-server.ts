/** A server that is ended at once with everything of it, as if the machine had lost its power, and started again. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BareClient } from './bare-client.ts'
import { killWatch, pidsOf } from './host.ts'
import { spawnServer, startTestServer, type TestServer } from './server.ts'

export interface MortalServer {
  readonly test: TestServer
  /** Of the process that runs at present. */
  url(): string
  connect(): Promise<BareClient>
  /** SIGKILL for the server and every PostgreSQL process of its data directory. */
  die(): Promise<void>
  revive(): Promise<void>
  stop(): Promise<void>
}

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It went with its parent.
  }
}

export async function startMortalServer(): Promise<MortalServer> {
  const server = await startTestServer()
  let current = server.server
  return {
    test: server,
    url: () => current.url,
    connect: async () =>
      BareClient.open(current.url, (await readFile(join(server.dataDirectory, 'token'), 'utf8')).trim()),
    die: async () => {
      const gone = once(current.process, 'exit')
      const postgres = pidsOf((command) => command.includes(server.dataDirectory))
      for (const pid of postgres) killWatch(pid)
      current.process.kill('SIGKILL')
      for (const pid of postgres) kill(pid)
      await gone
    },
    revive: async () => {
      current = await spawnServer({
        IASQL_DATA_DIR: server.dataDirectory,
        AWS_ENDPOINT_URL: server.endpoint,
      })
    },
    stop: async () => {
      await current.stop()
      await server.stop()
    },
  }
}

/** The number of executions that are still open after a minute at most; '0' when all have ended. */
export async function untilNothingIsOpen(client: BareClient): Promise<string> {
  const deadline = Date.now() + 60_000
  let open = '1'
  while (open !== '0' && Date.now() < deadline) {
    const result = await client.run(
      "SELECT count(*) FROM iasql_execution WHERE state IN ('queued', 'running', 'waiting')",
    )
    open = result.statements[0]?.rows[0]?.[0] ?? '1'
  }
  return open
}
