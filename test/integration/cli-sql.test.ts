import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { main } from '#cli/main.ts'
import type { RunEvent } from '#websocket/messages.ts'
import { type ProtocolServer, selectEvents, startProtocolServer } from '../support/protocol-server.ts'
import { testTerminal } from '../support/terminal.ts'

let server: ProtocolServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

const select = selectEvents({ id: 'int4', name: 'text' }, [
  ['1', 'x'],
  ['2', null],
])
const syntaxError: RunEvent[] = [
  {
    type: 'error',
    statement: 2,
    error: { code: 'sql/syntax', sqlstate: '42601', message: 'syntax error at or near "FORM"', position: 10 },
  },
  { type: 'done', state: 'failed' },
]

interface Call {
  readonly args: readonly string[]
  readonly stdin?: string
  readonly isTTY?: boolean
  readonly token?: string
}

/** Runs the command against the server, up to its exit code. */
function start({ args, stdin, isTTY = false, token = 'good' }: Call) {
  const env = { IASQL_URL: server?.url ?? 'ws://127.0.0.1:9/', IASQL_TOKEN: token }
  const terminal = testTerminal({ env, isTTY })
  if (stdin !== undefined) terminal.stdin.end(stdin)
  return { terminal, code: main(args, terminal) }
}

async function run(call: Call) {
  const { terminal, code } = start(call)
  return { code: await code, out: terminal.out(), err: terminal.err() }
}

test.each([
  ['text', { args: ['sql', 'SELECT', '1'] }, 'SELECT 1'],
  ['standard input', { args: ['sql'], stdin: 'SELECT 2' }, 'SELECT 2'],
  ['standard input by name', { args: ['sql', '-f', '-'], stdin: 'SELECT 3' }, 'SELECT 3'],
])('statements come from %s', async (_, call, sql) => {
  server = await startProtocolServer(() => select)

  const { code, out } = await run(call)

  expect(code).toBe(0)
  expect(server.asked[0]).toMatchObject({ action: 'run', sql })
  expect(out).toBe('{"id":"1","name":"x"}\n{"id":"2","name":null}\n')
})

test('statements come from a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'iasql-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'a.sql'), 'SELECT 1;\nSELECT 2;\n')
  server = await startProtocolServer(() => select)

  expect((await run({ args: ['--format', 'csv', 'sql', '-f', join(folder, 'a.sql')] })).out).toBe(
    'id,name\n1,x\n2,\n',
  )
  expect(server.asked[0]).toMatchObject({ sql: 'SELECT 1;\nSELECT 2;\n' })
})

test('a byte order mark is no part of the text, and what is not UTF-8 is not run', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'iasql-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'marked.sql'), '\uFEFFSELECT 1')
  writeFileSync(join(folder, 'latin.sql'), Buffer.from([0x53, 0xff]))
  server = await startProtocolServer(() => select)

  const marked = await run({ args: ['sql', '-f', join(folder, 'marked.sql')] })
  const latin = await run({ args: ['sql', '-f', join(folder, 'latin.sql')] })

  expect(marked.code).toBe(0)
  expect(server.asked).toMatchObject([{ sql: 'SELECT 1' }])
  expect(latin.code).toBe(64)
  expect(latin.err).toContain('UTF-8')
})

test('a terminal gets a table', async () => {
  server = await startProtocolServer(() => select)

  const { out } = await run({ args: ['sql', 'SELECT 1'], isTTY: true })

  expect(out).toContain(' id | name \n----+------\n')
})

test('a failed statement: exit code 1, a whole array, and the place in the text', async () => {
  server = await startProtocolServer(() => syntaxError)

  const { code, out, err } = await run({ args: ['sql', '--format', 'json', 'SELECT * FORM t'] })

  expect(code).toBe(1)
  expect(JSON.parse(out)).toEqual([
    {
      statement: 2,
      error: {
        code: 'sql/syntax',
        sqlstate: '42601',
        message: 'syntax error at or near "FORM"',
        position: 10,
      },
    },
  ])
  expect(err).toBe('ERROR:  syntax error at or near "FORM"\nLINE 1: SELECT * FORM t\n                 ^\n')
})

test('a run that is interrupted on the server fails', async () => {
  server = await startProtocolServer(() => [{ type: 'done', state: 'interrupted' }])

  expect(await run({ args: ['sql', 'SELECT 1'] })).toMatchObject({
    code: 1,
    err: expect.stringContaining('interrupted'),
  })
})

test('a socket that is lost in the middle loses and repeats nothing', async () => {
  server = await startProtocolServer(() => [...select.slice(0, 2), 'lose the socket', ...select.slice(2)])

  const { code, out } = await run({ args: ['sql', '--format', 'csv', 'SELECT 1'] })

  expect([code, out]).toEqual([0, 'id,name\n1,x\n2,\n'])
})

test('a server that goes away in the middle leaves a line that tells where to look', async () => {
  server = await startProtocolServer(() => [...select.slice(0, 2), 'wait for cancel'])
  const running = run({ args: ['sql', '--format', 'json', 'SELECT 1'] })
  await vi.waitFor(() => expect(server?.asked).toHaveLength(1))
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  onTestFinished(() => void vi.useRealTimers())
  await server.close()
  for (let seconds = 0; seconds < 60; seconds += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    await vi.advanceTimersByTimeAsync(1_000)
  }

  const { code, err } = await running

  expect(code).toBe(3)
  expect(err).toMatch(/^ERROR: {2}the server went away before the run had ended; .*iasql_execution/m)
  expect(err).toContain('npx iasql start')
})

test('no server: exit code 3, the command that helps, and still a whole array', async () => {
  server = await startProtocolServer(() => select)
  await server.close()

  const { code, out, err } = await run({ args: ['sql', '--format', 'json', 'SELECT 1'] })

  expect(code).toBe(3)
  expect(JSON.parse(out)).toMatchObject([{ statement: null, error: { sqlstate: '08001' } }])
  expect(err).toContain('npx iasql start')
})

test('a text that is refused before it is sent is an error in the array too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'iasql-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [long, latin] = ['long.sql', 'latin.sql'].map((name) => join(folder, name)) as [string, string]
  writeFileSync(long, `SELECT '${'x'.repeat(4 * 1024 * 1024)}'`)
  writeFileSync(latin, Buffer.from([0x53, 0xff]))
  server = await startProtocolServer(() => select)

  const tooLong = await run({ args: ['sql', '--format', 'json', '-f', long] })
  const unreadable = await run({ args: ['sql', '--format', 'json', '-f', latin] })

  expect([tooLong.code, unreadable.code]).toEqual([1, 64])
  expect(JSON.parse(tooLong.out)).toEqual([
    {
      statement: null,
      error: {
        ...{ code: 'protocol/too-large', sqlstate: '54000' },
        message: 'One run takes 4 MiB of SQL; send several runs.',
      },
    },
  ])
  expect(JSON.parse(unreadable.out)).toMatchObject([
    { statement: null, error: { code: 'client/usage', message: expect.stringContaining('UTF-8') } },
  ])
  expect(server.asked).toEqual([])
})

test('a wrong token: exit code 3 and where the right one is', async () => {
  server = await startProtocolServer(() => select)

  const { code, err } = await run({ args: ['sql', 'SELECT 1'], token: 'bad' })

  expect(code).toBe(3)
  expect(err).toContain('.iasql/token')
})

test('notices go to standard error, progress only to a terminal', async () => {
  const progress: RunEvent = {
    ...{ type: 'progress', statement: 0, executionId: '7', changeId: '1', table: 'vpc', row: '1' },
    ...{ action: 'create', state: 'waiting', elapsedMs: 1_500, message: '' },
  }
  const notice: RunEvent = { type: 'notice', statement: 0, message: 'put back', hint: 'Leave it.' }
  server = await startProtocolServer(() => [select[0] as RunEvent, progress, notice, ...select.slice(1)])

  const piped = await run({ args: ['sql', 'x'] })
  const shown = await run({ args: ['sql', 'x'], isTTY: true })

  expect(piped.err).toBe('NOTICE:  put back\nHINT:  Leave it.\n')
  expect(shown.err).toContain('create vpc 1 waiting, 1.5 s')
  expect(shown.err).toContain('\r\u001b[KNOTICE:  put back')
})

test('Ctrl-C cancels the statement and leaves with 130', async () => {
  server = await startProtocolServer(() => ['wait for cancel', { type: 'done', state: 'cancelled' }])
  const { terminal, code } = start({ args: ['sql', '--format', 'json', 'SELECT 1'] })
  await vi.waitFor(() => expect(server?.asked).toHaveLength(1))

  terminal.interrupt()

  expect(await code).toBe(130)
  expect(server.asked.map(({ action }) => action)).toEqual(['run', 'cancel'])
  expect(JSON.parse(terminal.out())).toEqual([])
})

test('Ctrl-C twice leaves without waiting for the server', async () => {
  server = await startProtocolServer(() => [...select.slice(0, 3), 'wait for cancel', 'wait for cancel'])
  const { terminal, code } = start({ args: ['sql', '--format', 'json', 'SELECT 1'] })
  await vi.waitFor(() => expect(terminal.out()).toContain('"x"'))

  terminal.interrupt()
  terminal.interrupt()

  expect(await code).toBe(130)
  expect(JSON.parse(terminal.out())).toEqual([
    expect.objectContaining({
      rows: [
        ['1', 'x'],
        ['2', null],
      ],
    }),
  ])
})

test.each([
  [['sql', '--format', 'xml', 'SELECT 1'], 'there is no format "xml"'],
  [['sql', '--nope', 'SELECT 1'], '--nope'],
  [['sql', '-f', '/nowhere.sql'], 'cannot read /nowhere.sql'],
  [['sql', '-f', 'a.sql', 'SELECT 1'], 'not both'],
  [['sql', '--url', 'http://x/', 'SELECT 1'], 'no URL of a server'],
  [['frobnicate'], 'there is no command "frobnicate"'],
  [['help', 'frobnicate'], 'there is no command "frobnicate"'],
])('%j is wrong usage', async (args, message) => {
  const { code, out, err } = await run({ args })

  expect([code, out]).toEqual([64, ''])
  expect(err).toContain(message)
})

test('without a text on a terminal, the way to the prompt is told', async () => {
  expect(await run({ args: ['sql'], isTTY: true })).toMatchObject({
    code: 64,
    err: expect.stringContaining('iasql shell'),
  })
})

test.each([[['help']], [['--help']], [['help', 'sql']], [['sql', '--help']], [['--version']]])(
  '%j needs no server',
  async (args) => {
    expect(await run({ args })).toMatchObject({ code: 0, err: '', out: expect.stringContaining('iasql') })
  },
)
