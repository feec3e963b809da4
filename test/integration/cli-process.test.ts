import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test, vi } from 'vitest'
import type { RunEvent } from '#websocket/messages.ts'
import { type ProtocolServer, selectEvents, startProtocolServer } from '../support/protocol-server.ts'

const entry = fileURLToPath(new URL('../../cli/iasql.js', import.meta.url))
/** Makes the Node that starts believe that it is an old one. */
const oldNode = [
  '--import',
  `data:text/javascript,Object.defineProperty(process, 'version', { value: 'v20.11.0' })`,
]
/** Interrupts the process at the moment when it begins to load the command line: nothing of ours listens there. */
const interruptedWhileLoading = [
  '--import',
  `data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from 'node:module'
    registerHooks({
      load(url, context, next) {
        if (url.endsWith('/cli/main.ts')) process.kill(process.pid, 'SIGINT')
        return next(url, context)
      },
    })`)}`,
]

let server: ProtocolServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

function iasql(args: readonly string[], nodeArgs: readonly string[] = []) {
  const child = spawn(process.execPath, [...nodeArgs, entry, ...args], {
    env: { ...process.env, IASQL_URL: server?.url ?? 'ws://127.0.0.1:9/', IASQL_TOKEN: 'good' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { out: '', err: '' }
  child.stdout.on('data', (chunk) => {
    output.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    output.err += chunk
  })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, ...output }))
  return { child, ended }
}

test.each([
  ['the Node that is new enough', []],
  ['a bundled one when it is too old', oldNode],
])('the command runs on %s, and its exit code comes through', async (_, nodeArgs) => {
  const [version, usage] = await Promise.all([
    iasql(['--version'], nodeArgs).ended,
    iasql(['frobnicate'], nodeArgs).ended,
  ])

  expect(version).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^iasql \d+\.\d+\.\d+ on Node 2[4-9]\./),
    err: '',
  })
  expect(usage.code).toBe(64)
})

test.each([
  ['directly', []],
  ['through the Node that was too old', oldNode],
])('an interrupt that comes %s cancels once, and ends with 130', async (_, nodeArgs) => {
  server = await startProtocolServer(() => ['wait for cancel', { type: 'done', state: 'cancelled' }])
  const { child, ended } = iasql(['sql', 'SELECT 1'], nodeArgs)
  await vi.waitFor(() => expect(server?.asked).toHaveLength(1), { timeout: 10_000 })

  child.kill('SIGINT')

  expect((await ended).code).toBe(130)
  expect(server.asked.filter(({ action }) => action === 'cancel')).toHaveLength(1)
})

test('an interrupt that comes before the command is loaded ends with 130', async () => {
  server = await startProtocolServer(() => ['wait for cancel', { type: 'done', state: 'cancelled' }])

  const { ended } = iasql(['sql', 'SELECT 1'], interruptedWhileLoading)

  expect((await ended).code).toBe(130)
})

test.each([
  ['directly', []],
  ['through the Node that was too old', oldNode],
])('an interrupt that comes %s while no server answers ends with 130', async (_, nodeArgs) => {
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const { child, ended } = iasql(['sql', '--url', `ws://127.0.0.1:${port}/`, 'SELECT 1'], nodeArgs)
  const [socket] = (await once(silent, 'connection')) as [Socket]

  child.kill('SIGINT')

  expect((await ended).code).toBe(130)
  socket.destroy()
  silent.close()
})

test('a reader that leaves early ends the command quietly', async () => {
  const rows = Array.from({ length: 5_000 }, (_, index) => [String(index), 'x'.repeat(100)])
  const piece = (from: number): RunEvent => ({
    type: 'rows',
    statement: 0,
    rows: rows.slice(from, from + 500),
  })
  const [accepted, columns] = selectEvents({ id: 'int4', text: 'text' }, []) as [RunEvent, RunEvent]
  const pieces = Array.from({ length: 10 }, (_, index) => piece(index * 500))
  server = await startProtocolServer(() => [
    ...[accepted, columns, ...pieces],
    ...(['wait for cancel', { type: 'done', state: 'cancelled' }] as const),
  ])
  const { child, ended } = iasql(['sql', 'SELECT 1'])

  child.stdout.once('data', () => child.stdout.destroy())

  expect(await ended).toMatchObject({ code: 0, err: '' })
})

test('200,000 rows leave whole and in order', async () => {
  const [accepted, columns] = selectEvents({ id: 'int4' }, []) as [RunEvent, RunEvent]
  const pieces = Array.from(
    { length: 200 },
    (_, index): RunEvent => ({
      type: 'rows',
      statement: 0,
      rows: Array.from({ length: 1_000 }, (_row, row) => [String(index * 1_000 + row)]),
    }),
  )
  const [complete, done] = selectEvents({}, []).slice(-2) as [RunEvent, RunEvent]
  server = await startProtocolServer(() => [accepted, columns, ...pieces, complete, done])

  const { code, out } = await iasql(['sql', '--format', 'csv', 'SELECT 1']).ended

  const lines = out.split('\n')
  expect(code).toBe(0)
  expect(lines.length).toBe(200_002)
  expect(lines.slice(1, -1).every((line, index) => line === String(index))).toBe(true)
})
