import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { main } from '#cli/main.ts'
import { type ProtocolServer, selectEvents, startProtocolServer } from '../support/protocol-server.ts'
import { type TestTerminal, testTerminal } from '../support/terminal.ts'

let server: ProtocolServer
let folder: string
const select = selectEvents({ id: 'int4', name: 'text' }, [['1', 'x']])
const cut = select.map((event) =>
  event.type === 'complete' ? { ...event, truncated: true, cursor: 'c1' } : event,
)
const failingWith = (sqlstate: string) =>
  [
    { type: 'error', statement: 0, error: { code: 'sql/statement-failed', sqlstate, message: 'no t' } },
    { type: 'done', state: 'failed' },
  ] as const
const failing = failingWith('42P01')

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'iasql-shell-'))
  server = await startProtocolServer((sql) => {
    if (sql.includes('slow')) return ['wait for cancel', ...failing.slice(1)]
    if (sql.includes('many')) return cut
    if (sql.includes('iasql_secret_name'))
      return selectEvents({ name: 'text', kind: 'text' }, [['secret', 'relation']])
    if (sql.includes('to_regclass')) return selectEvents({ column: 'text' }, [])
    if (sql.includes('1 / 0')) return failingWith('22012')
    return sql.includes('fail') || /^INSRT|secrets/.test(sql) ? failing : select
  })
})

afterEach(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Without the question which statements are not to be remembered. */
const ran = () =>
  server.asked.flatMap((message) =>
    message.action === 'run' && !message.sql.includes('iasql_secret_name') ? [message.sql] : [],
  )

function open(options: { isTTY?: boolean; args?: readonly string[] } = {}) {
  const { isTTY = true, args = ['shell'] } = options
  const terminal = testTerminal({
    env: { IASQL_URL: server.url, IASQL_TOKEN: 'good', XDG_STATE_HOME: folder },
    isTTY,
  })
  return { terminal, code: main(args, terminal) }
}

const shows = (terminal: TestTerminal, text: string) =>
  vi.waitFor(() => expect(terminal.out() + terminal.err()).toContain(text))
const ctrlC = '\u0003'
const ctrlD = '\u0004'

test('statements may span lines, with a prompt that says why it waits', async () => {
  const { terminal, code } = open()
  await shows(terminal, 'local=> ')

  terminal.stdin.write("SELECT 'a\n")
  await shows(terminal, "local'> ")
  terminal.stdin.write("b'\n")
  await shows(terminal, 'local-> ')
  terminal.stdin.write(';\n')
  await shows(terminal, '(1 row)')
  terminal.stdin.write('\\q\n')

  expect(await code).toBe(0)
  expect(ran()).toEqual(["SELECT 'a\nb'\n;"])
})

test('a transaction is sent as a whole, and its prompt says so', async () => {
  const { terminal, code } = open()

  terminal.stdin.write('BEGIN;\nINSERT INTO t DEFAULT VALUES;\n')
  await shows(terminal, 'local=*> ')
  expect(ran()).toEqual([])
  terminal.stdin.write('COMMIT;\n')
  await shows(terminal, '(1 row)')
  terminal.stdin.write(ctrlD)

  expect(await code).toBe(0)
  expect(ran()).toEqual(['BEGIN;\nINSERT INTO t DEFAULT VALUES;\nCOMMIT;'])
})

test('a failed statement is told and the prompt comes back', async () => {
  const { terminal, code } = open()

  terminal.stdin.write('SELECT fail;\n')
  await shows(terminal, 'ERROR:  no t')
  terminal.stdin.write('SELECT 1;\n')
  await shows(terminal, '(1 row)')
  terminal.stdin.write('\\q\n')

  expect(await code).toBe(0)
})

test('Ctrl-C drops what is typed, cancels what runs, and twice leaves', async () => {
  const { terminal, code } = open()
  await shows(terminal, 'local=> ')

  terminal.stdin.write('SELECT typo\n')
  await shows(terminal, 'local-> ')
  terminal.stdin.write(ctrlC)
  await shows(terminal, '^C')
  terminal.stdin.write('SELECT slow;\n')
  await vi.waitFor(() => expect(ran()).toEqual(['SELECT slow;']))
  terminal.stdin.write(ctrlC)
  await vi.waitFor(() => expect(server.asked.at(-1)).toMatchObject({ action: 'cancel' }))
  terminal.stdin.write('SELECT 1;\n')
  await shows(terminal, '(1 row)')
  await vi.waitFor(() => expect(terminal.out().split('(1 row)')[1]).toContain('local=> '))
  terminal.stdin.write(ctrlC)
  await shows(terminal, 'Ctrl-C again')
  terminal.stdin.write(ctrlC)

  expect(await code).toBe(130)
})

test('a result that was cut goes on with \\more', async () => {
  const { terminal, code } = open()

  terminal.stdin.write('SELECT many;\n')
  await shows(terminal, '(1 row, more with \\more)')
  terminal.stdin.write('\\more\n')
  await shows(terminal, 'the rest')
  terminal.stdin.write('\\more\n')
  await shows(terminal, 'no result that was cut')
  terminal.stdin.write('\\q\n')

  await code
  expect(server.asked).toContainEqual(expect.objectContaining({ action: 'more', cursor: 'c1' }))
  expect(server.asked[0]).toMatchObject({ options: { maxRows: 1_000 } })
})

test('its own commands: columns of a table, expanded rows, help', async () => {
  const { terminal, code } = open()

  terminal.stdin.write("\\d it's\n")
  await shows(terminal, 'Did not find any relation named "it\'s".')
  terminal.stdin.write('\\x\nSELECT 1;\n')
  await shows(terminal, '-[ RECORD 1 ]-')
  terminal.stdin.write('\\?\n')
  await shows(terminal, '\\dt')
  terminal.stdin.write('\\nope\n')
  await shows(terminal, 'invalid command \\nope')
  terminal.stdin.write('\\q\n')

  await code
  expect(ran()[0]).toContain("to_regclass(E'it\\'s')")
})

test('the history is kept where nobody else reads it', async () => {
  const first = open()
  first.terminal.stdin.write('SELECT 1;\n\\q\n')
  await first.code
  const path = join(folder, 'iasql', 'history')

  expect(readFileSync(path, 'utf8')).toBe('SELECT 1;\n\\q\n')
  expect(statSync(path).mode & 0o777).toBe(0o600)

  const second = open()
  await shows(second.terminal, 'local=> ')
  second.terminal.stdin.write('\u001b[A\u001b[A\n')
  await shows(second.terminal, '(1 row)')
  second.terminal.stdin.write('\\q\n')
  await second.code
})

test('the history leaves out what writes a secret, every line of it', async () => {
  const { terminal, code } = open()
  await shows(terminal, 'local=> ')

  terminal.stdin.write('INSERT INTO secret (name, value)\n')
  await shows(terminal, 'local-> ')
  terminal.stdin.write("VALUES ('shop', 'hunter2');\n")
  await shows(terminal, '(1 row)')
  terminal.stdin.write("SELECT 'kept';\n\\q\n")
  await code

  expect(readFileSync(join(folder, 'iasql', 'history'), 'utf8')).toBe("SELECT 'kept';\n\\q\n")
})

test('the history leaves out what was not understood, which may be a secret mistyped; the arrow keys have it', async () => {
  const { terminal, code } = open()
  await shows(terminal, 'local=> ')

  terminal.stdin.write('INSRT INTO secret (name, value)\n')
  terminal.stdin.write("VALUES ('shop', 'hunter2');\n")
  await vi.waitFor(() => expect(terminal.err().match(/no t/g)).toHaveLength(1))
  terminal.stdin.write("INSERT INTO secrets (value) VALUES ('hunter2');\n")
  await vi.waitFor(() => expect(terminal.err().match(/no t/g)).toHaveLength(2))
  terminal.stdin.write('\u001b[A\n')
  await vi.waitFor(() => expect(terminal.err().match(/no t/g)).toHaveLength(3))
  terminal.stdin.write("SELECT 1 / 0, 'kept';\n")
  await vi.waitFor(() => expect(terminal.err().match(/no t/g)).toHaveLength(4))
  terminal.stdin.write('\\q\n')
  await code

  expect(ran().slice(1, 3)).toEqual(Array(2).fill("INSERT INTO secrets (value) VALUES ('hunter2');"))
  expect(readFileSync(join(folder, 'iasql', 'history'), 'utf8')).toBe("SELECT 1 / 0, 'kept';\n\\q\n")
})

test('without a terminal it has no prompt, runs what comes, and fails if a statement did', async () => {
  const { terminal, code } = open({ isTTY: false, args: ['shell', '--format', 'csv'] })

  terminal.stdin.end('SELECT 1;\nSELECT fail;\nSELECT 2')

  expect(await code).toBe(1)
  expect(ran()).toEqual(['SELECT 1;', 'SELECT fail;', 'SELECT 2\n'])
  expect(terminal.out()).toBe('id,name\n1,x\nid,name\n1,x\n')
})

test('a transaction without its end is not run', async () => {
  const { terminal, code } = open({ isTTY: false })

  terminal.stdin.end('BEGIN;\nDELETE FROM t;\n')

  expect(await code).toBe(1)
  expect(terminal.err()).toContain('no COMMIT')
  expect(ran()).toEqual([])
})
