import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { identify, isRunning, type ProcessIdentity } from '#local/process/identity.ts'
import { makeTestDirectory } from '../support/cluster.ts'
import { kill, pidsOf, spawnHost, startHost, until } from '../support/host.ts'
import { spawnServer } from '../support/server.ts'

const entry = fileURLToPath(new URL('../../cli/iasql.js', import.meta.url))
/** Makes the Node that starts believe that it is an old one. */
const oldNode = [
  '--import',
  `data:text/javascript,Object.defineProperty(process, 'version', { value: 'v20.11.0' })`,
]

let directory: string
let started: ProcessIdentity[]

beforeEach(async () => {
  directory = await makeTestDirectory()
  started = []
})

afterEach(async () => {
  for (const { pid } of started.filter(isRunning)) process.kill(pid, 'SIGKILL')
  await rm(directory, { recursive: true })
})

const read = (...names: string[]) => readFile(join(directory, ...names), 'utf8')

/** Server, emulator and PostgreSQL, and those who watch over them. */
const processes = async (): Promise<ProcessIdentity[]> => {
  const served = [
    JSON.parse(await read('server.lock')).pid,
    JSON.parse(await read('moto.json')).pid,
    Number.parseInt(await read('postgres', '17', 'postmaster.pid'), 10),
  ]
  const watches = pidsOf((command) => served.some((pid) => command.includes(`iasql-watch ${pid} `)))
  return [...served, ...watches].map(identify)
}

test.each([
  ['the server', 'SIGKILL', [process.execPath, entry, 'start']],
  ['the Node that was too old', 'SIGKILL', [process.execPath, ...oldNode, entry, 'start']],
  ['npm', 'SIGKILL', ['npm', 'start']],
  ['npm', 'SIGTERM', ['npm', 'start']],
] as const)(
  'nothing outlives %s that got a %s, and the next start serves at once',
  async (_, signal, words) => {
    const first = await spawnServer({ IASQL_DATA_DIR: directory }, words)
    started.push(...(await processes()))
    first.process.kill(signal)
    const second = await spawnServer({ IASQL_DATA_DIR: directory }, words)
    started.push(...(await processes()))

    second.process.kill(signal)

    await until(() => !started.some(isRunning), 60_000)
    expect(second.errors()).not.toContain('iasql:')
    expect(await read('postgres.log')).toContain('database system is shut down')
  },
)

test('no PostgreSQL outlives a server that is killed while it waits for it', async () => {
  const host = spawnHost('postgres', directory)
  await until(() => pidsOf((command) => command.includes(`postgres -D ${directory}/`)).length > 0)

  await kill(host)

  await until(() => pidsOf((command) => command.includes(directory)).length === 0)
})

test('a cluster is made at once after a server was killed while it made one', async () => {
  for (const round of ['first', 'second']) {
    const folder = join(directory, round)
    const host = spawnHost('postgres', folder)
    await until(() => pidsOf((command) => command.includes(`initdb --pgdata=${folder}/`)).length > 0)
    await kill(host)

    const { child, served } = await startHost<{ refused?: string }>('postgres', folder)
    await kill(child)

    expect(served.refused).toBeUndefined()
  }
  await until(() => pidsOf((command) => command.includes(directory)).length === 0)
})
