import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { serverAddress } from '#cli/server-address.ts'
import { testTerminal } from '../support/terminal.ts'

interface Given {
  readonly flags?: Record<string, string>
  readonly env?: Record<string, string>
  readonly announced?: string
}

function addressOf({ flags = {}, env = {}, announced }: Given) {
  const folder = mkdtempSync(join(tmpdir(), 'iasql-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'token'), 'local-token\n')
  if (announced !== undefined) writeFileSync(join(folder, 'server.json'), announced)
  const terminal = testTerminal({ env: { IASQL_DATA_DIR: folder, ...env } })
  const { url, token } = serverAddress({ values: flags, positionals: [], terminal, commands: {} })
  return { url, token }
}

const announced = JSON.stringify({ url: 'ws://127.0.0.1:40000/', pid: 1 })

test.each<[string, Given, string]>([
  ['the default', {}, 'ws://127.0.0.1:8088/'],
  ['the port of the environment', { env: { IASQL_PORT: '9000' } }, 'ws://127.0.0.1:9000/'],
  ['what the local server announced', { announced, env: { IASQL_PORT: '9000' } }, 'ws://127.0.0.1:40000/'],
  ['the default for a broken announcement', { announced: '{' }, 'ws://127.0.0.1:8088/'],
  ['the environment', { announced, env: { IASQL_URL: 'ws://localhost:1/' } }, 'ws://localhost:1/'],
  [
    'the flag',
    { env: { IASQL_URL: 'ws://localhost:1/' }, flags: { url: 'ws://[::1]:2/v1' } },
    'ws://[::1]:2/v1',
  ],
])('the server is %s', (_, given, url) => {
  expect(addressOf(given)).toEqual({ url, token: 'local-token' })
})

test.each([
  'wss://db.example.com/v1',
  'ws://10.0.0.1/',
  'ws://localhost.example.com/',
  'ws://127.example.com/',
])('the token of the data directory does not go to %s', (url) => {
  expect(addressOf({ flags: { url } }).token).toBeUndefined()
  expect(addressOf({ flags: { url }, env: { IASQL_TOKEN: 'given' } }).token).toBe('given')
})

test('a token that is given wins over the local one', () => {
  expect(addressOf({ env: { IASQL_TOKEN: 'given' } }).token).toBe('given')
  expect(addressOf({ env: { IASQL_TOKEN: 'given' }, flags: { token: 'flag' } }).token).toBe('flag')
})

test.each(['localhost:8088', 'http://localhost/', 'nonsense'])('%s is no URL of a server', (url) => {
  expect(() => addressOf({ flags: { url } })).toThrow('no URL of a server')
})

test.each<[string, Given, string | undefined]>([
  ['the only one', {}, undefined],
  ['that of the environment', { env: { IASQL_TENANT: 'acme' } }, 'acme'],
  ['that of the flag', { env: { IASQL_TENANT: 'acme' }, flags: { tenant: 'beta' } }, 'beta'],
])('the tenant is %s', (_, { flags = {}, env = {} }, tenant) => {
  const terminal = testTerminal({ env })

  const address = serverAddress({ values: flags, positionals: [], terminal, commands: {} })

  expect(address.tenant).toBe(tenant)
})

test('the HTTP API may be on another host, and its URL has to be one', () => {
  const address = (IASQL_HTTP_URL: string) =>
    serverAddress({
      values: {},
      positionals: [],
      terminal: testTerminal({ env: { IASQL_HTTP_URL } }),
      commands: {},
    })

  expect(address('https://api.example.com/').httpUrl).toBe('https://api.example.com')
  expect(() => address('api.example.com')).toThrow(/no URL of an HTTP API/)
})
