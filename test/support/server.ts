/** The server as a user starts it: a process of its own, on a data directory of its own, any free port, and a fresh emulator. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeTestDirectory } from './cluster.ts'
import { startTestMoto, type TestMoto } from './moto.ts'

const command = fileURLToPath(new URL('../../cli/iasql.js', import.meta.url))
const accountId = '123456789012'

export interface ServerProcess {
  readonly url: string
  readonly process: ChildProcess
  readonly readyMs: number
  /** What the process wrote on stderr so far. */
  errors(): string
  /** SIGTERM, and the exit code. */
  stop(): Promise<number>
}

export interface TestServer {
  readonly url: string
  readonly token: string
  readonly dataDirectory: string
  readonly endpoint: string
  readonly awsConfiguration: {
    endpoint: string
    region: string
    credentials: { accessKeyId: string; secretAccessKey: string }
  }
  readonly moto: TestMoto
  readonly server: ServerProcess
  stop(): Promise<void>
}

/** Environment of a child: ours without what would point it to another server or cloud. */
const cleanEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(IASQL|AWS|VITEST|NODE_OPTIONS)/.test(name)),
  )

/** `iasql start` on this Node. */
const startCommand = [process.execPath, command, 'start'] as const

/** Starts `iasql start` and waits for its ready line. Rejects with what it wrote when it ends before. */
export const spawnServer = async (
  environment: NodeJS.ProcessEnv,
  [program, ...parameters]: readonly [string, ...string[]] = startCommand,
): Promise<ServerProcess> => {
  const startedAt = performance.now()
  const child = spawn(program, parameters, {
    env: { ...cleanEnvironment(), IASQL_PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  const { promise: ready, resolve, reject } = Promise.withResolvers<string>()
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  child.stdout?.on('data', (chunk) => {
    output += chunk
    const url = /^ready (ws:\S+)/m.exec(output)?.[1]
    if (url) resolve(url)
  })
  child.once('exit', (code) => reject(new Error(`iasql start ended with ${code}: ${errors}${output}`)))
  const url = await ready
  return {
    url,
    process: child,
    readyMs: performance.now() - startedAt,
    errors: () => errors,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      return child.exitCode ?? 1
    },
  }
}

export const startTestServer = async (environment: NodeJS.ProcessEnv = {}): Promise<TestServer> => {
  const [moto, dataDirectory] = await Promise.all([startTestMoto(), makeTestDirectory()])
  const server = await spawnServer({
    IASQL_DATA_DIR: dataDirectory,
    AWS_ENDPOINT_URL: moto.endpoint,
    ...environment,
  })
  return {
    url: server.url,
    token: (await readFile(join(dataDirectory, 'token'), 'utf8')).trim(),
    dataDirectory,
    endpoint: moto.endpoint,
    awsConfiguration: {
      endpoint: moto.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: accountId, secretAccessKey: 'test' },
    },
    moto,
    server,
    stop: async () => {
      await server.stop()
      await moto.stop()
      await rm(dataDirectory, { recursive: true, force: true })
    },
  }
}
