/** What is deployed, loaded from where it was built and put to a real database, behind AWS's own protocols. */
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Metafile } from 'esbuild'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { invocationContext } from '#local/gateway/handlers.ts'
import { bundleDashboard, bundleFunctions } from '../../cdk/bundle.ts'
import { functionNames } from '../../cdk/functions.ts'
import { startDataApiServer } from '../support/data-api-server.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Account, startAccount } from './account-double.ts'

const KiB = 1_024
/** What a cold start reads before the first event is handled: an entry with what it imports at once. */
const startBudget = {
  authorize: 160,
  'on-connect': 24,
  'on-disconnect': 24,
  'on-message': 160,
  'http-api': 160,
  'run-statements': 660,
  'execute-statements': 660,
  'step-execution': 480,
  'check-drift': 110,
  'purge-expired': 48,
  'recover-runs': 120,
  'start-drift-checks': 110,
  'rotate-secrets': 48,
  'migrate-platform': 640,
  'publish-dashboard': 520,
} as const satisfies Record<(typeof functionNames)[number], number>
/** All functions together with what they load when they need it; Lambda takes 250 MiB. */
const assetBudget = 6_000

const folders = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'iasql-bundle-')))
const [folder = '', again = ''] = folders
let account: Account
let database: TestDatabase
let dataApi: Awaited<ReturnType<typeof startDataApiServer>>
const oneTimeSecret = 'only the deployment knows this'
let bundle: Metafile

const build = (into: string): Metafile => {
  const metafile = bundleFunctions(functionNames, into)
  bundleDashboard(join(into, 'dashboard'))
  return metafile
}

beforeAll(async () => {
  bundle = build(folder)
  database = await openTestDatabase()
  dataApi = await startDataApiServer(database.dataApi)
  account = await startAccount(database.secrets, {
    'arn:first-owner': oneTimeSecret,
    'arn:run-key': '0f'.repeat(32),
  })
  const environment = {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'key',
    AWS_ENDPOINT_URL: account.endpoint,
    AWS_ENDPOINT_URL_RDS_DATA: dataApi.endpoint,
    IASQL_CLUSTER_ARN: 'arn:aws:rds:eu-west-1:123456789012:cluster:iasql',
    IASQL_PLATFORM_SECRET_ARN: 'iasql/platform',
    IASQL_DATABASE: database.databaseName,
    IASQL_RUN_FUNCTION: 'iasql-run-statements',
    IASQL_RUN_MACHINE_ARN: 'arn:machine:run',
    IASQL_EXECUTION_MACHINE_ARN: 'arn:machine:execution',
    IASQL_DRIFT_MACHINE_ARN: 'arn:machine:drift',
    IASQL_EVENT_BUS: 'iasql',
    IASQL_PLATFORM_ROLE: 'arn:aws:iam::123456789012:role/iasql-platform',
    IASQL_CONNECTIONS_ENDPOINT: `${account.endpoint}/v1`,
    IASQL_RUN_KEY_SECRET: 'arn:run-key',
    IASQL_FIRST_OWNER_SECRET: 'arn:first-owner',
    IASQL_ALLOWED_ORIGINS: 'https://pages.example',
  }
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
}, 120_000)

afterAll(async () => {
  vi.unstubAllEnvs()
  await account?.close()
  await dataApi?.close()
  await database?.close()
  for (const made of folders) rmSync(made, { recursive: true, force: true })
})

/** Calls a function as Lambda does, from the built file. */
async function call(name: (typeof functionNames)[number], event: object): Promise<unknown> {
  const { handler } = await import(pathToFileURL(join(folder, `${name}.mjs`)).href)
  return handler(event, invocationContext(`iasql-${name}`, 60_000))
}

const filesIn = (path: string): readonly string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()

/** What Node reads before an entry runs. */
function startBytes(entry: string): number {
  const outputs = new Map(Object.entries(bundle.outputs))
  const [first] = [...outputs].find(([, { entryPoint }]) => entryPoint === `functions/${entry}.ts`) ?? []
  const seen = new Set<string>()
  const visit = (path: string | undefined): void => {
    const output = path === undefined ? undefined : outputs.get(path)
    if (path === undefined || output === undefined || seen.has(path)) return
    seen.add(path)
    for (const { path: next, kind } of output.imports) if (kind === 'import-statement') visit(next)
  }
  visit(first)
  return [...seen].reduce((sum, path) => sum + (outputs.get(path)?.bytes ?? 0), 0)
}

test.each(Object.entries(startBudget))('function %s starts from no more than %i KiB', (name, budget) => {
  expect(startBytes(name)).toBeGreaterThan(0)
  expect(startBytes(name)).toBeLessThanOrEqual(budget * KiB)
})

test('all functions together stay small, with the parser and the pages beside them', () => {
  const files = filesIn(folder)
  const names = files.map((file) => file.slice(folder.length + 1))

  expect(files.reduce((sum, file) => sum + statSync(file).size, 0)).toBeLessThan(assetBudget * KiB)
  expect(names).toEqual(
    expect.arrayContaining(['libpg-query.wasm', 'dashboard/index.html', 'dashboard/page.js']),
  )
})

test('two builds are the same to the byte', () => {
  build(again)
  const hashes = (path: string) =>
    filesIn(path).map((file) => [
      file.slice(path.length),
      createHash('sha256').update(readFileSync(file)).digest('hex'),
    ])

  expect(hashes(again)).toEqual(hashes(folder))
})

test('every function loads, from the folder that it was built into', async () => {
  for (const name of functionNames) {
    const { handler } = await import(pathToFileURL(join(folder, `${name}.mjs`)).href)

    expect(typeof handler).toBe('function')
  }
})

const request = {
  RequestType: 'Create',
  StackId: 'arn:stack',
  RequestId: 'one',
  LogicalResourceId: 'Migration',
  ResourceProperties: { ServiceToken: 'arn:function', version: '1' },
}
const answers = () =>
  account.asked
    .filter(({ path }) => path === '/answer')
    .map(({ method, body }) => ({ method, ...JSON.parse(body) }))

test('the deployment migrates the database, also twice and at once, and answers each time', async () => {
  const event = { ...request, ResponseURL: `${account.endpoint}/answer` }

  await Promise.all([call('migrate-platform', event), call('migrate-platform', event)])
  await call('migrate-platform', { ...event, RequestType: 'Delete', PhysicalResourceId: 'iasql-Migration' })

  const [{ open } = { open: undefined }] = await database.platform.query<{ open: boolean }>(
    "SELECT pg_catalog.has_database_privilege('public', current_database(), 'CONNECT') AS open",
  )
  expect(answers()).toHaveLength(3)
  expect(answers().every(({ method, Status }) => method === 'PUT' && Status === 'SUCCESS')).toBe(true)
  expect(new Set(answers().map(({ PhysicalResourceId }) => PhysicalResourceId))).toEqual(
    new Set(['iasql-Migration']),
  )
  expect(open).toBe(false)
})

test('a migration that fails is told to CloudFormation with its reason', async () => {
  vi.spyOn(console, 'error').mockReturnValue()
  dataApi.failNext({ status: 403, exception: 'ForbiddenException', message: 'no such right' })

  await call('migrate-platform', { ...request, ResponseURL: `${account.endpoint}/refused` })

  const [told] = account.asked.filter(({ path }) => path === '/refused').map(({ body }) => JSON.parse(body))
  expect(told).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('no such right') })
})

test('the deployment puts the pages and their configuration into the bucket, the page last', async () => {
  const properties = { bucket: 'pages', socketUrl: 'wss://socket.example', httpUrl: 'https://api.example' }

  await call('publish-dashboard', {
    ...request,
    ResponseURL: `${account.endpoint}/published`,
    ResourceProperties: { ...request.ResourceProperties, ...properties },
  })

  const puts = account.asked
    .filter(({ path }) => path.startsWith('/pages/'))
    .map(({ path, body }) => [path.replace(/\?.*/, ''), body])
  expect(puts.map(([path]) => path)).toEqual([
    '/pages/config.json',
    '/pages/icon.svg',
    '/pages/page.js',
    '/pages/style.css',
    '/pages/index.html',
  ])
  expect(puts[0]?.[1]).toContain('"socketUrl":"wss://socket.example"')
  expect(puts[0]?.[1]).not.toContain('arn:function')
})

test('the pages go with the deployment, so that their bucket can', async () => {
  const event = { ...request, RequestType: 'Delete', PhysicalResourceId: 'iasql-Pages' }
  const ResourceProperties = { ...request.ResourceProperties, bucket: 'emptied' }

  await call('publish-dashboard', {
    ...event,
    ResourceProperties,
    ResponseURL: `${account.endpoint}/withdrawn`,
  })

  const gone = account.asked
    .filter(({ method }) => method === 'DELETE')
    .map(({ path }) => path.replace(/\?.*/, ''))
  const [told] = account.asked.filter(({ path }) => path === '/withdrawn')
  expect(gone).toEqual(['/emptied/index.html'])
  expect(told?.body).toContain('SUCCESS')
})

test('the socket lets nobody in who shows nothing, and remembers nobody whom it did not let in', async () => {
  vi.spyOn(console, 'error').mockReturnValue()
  const connecting = {
    requestContext: { connectionId: 'c', identity: { sourceIp: '192.0.2.1' } },
    headers: {},
  }

  await expect(call('authorize', { ...connecting, methodArn: 'arn:connect' })).rejects.toThrow('Unauthorized')
  expect(await call('on-connect', connecting)).toMatchObject({ statusCode: 403 })
  expect(await call('on-disconnect', connecting)).toEqual({ statusCode: 200 })
})

test('what comes without anybody waiting works from the built files: sweep, purge, a run and an execution of nobody', async () => {
  vi.spyOn(console, 'error').mockReturnValue()
  const ids = { tenantId: 't_0', runId: '00000000-0000-4000-8000-000000000000', executionId: '1' }

  expect(await call('recover-runs', {})).toBeUndefined()
  expect(await call('purge-expired', {})).toBeUndefined()
  expect(await call('start-drift-checks', {})).toBeUndefined()
  expect(await call('rotate-secrets', {})).toBeUndefined()
  expect(await call('step-execution', ids)).toEqual({ next: 'done' })
  for (const name of ['run-statements', 'execute-statements', 'check-drift'] as const) {
    await expect(call(name, { ...ids, step: 'places' })).rejects.toThrow('there is no such tenant')
  }
})

const source = { http: { method: 'POST', path: '/', sourceIp: '192.0.2.1' } }
const asPage = { origin: 'https://pages.example' }
const post = async (path: string, body: object, headers: object = {}) => {
  const event = {
    routeKey: `POST ${path}`,
    headers: { ...asPage, ...headers },
    requestContext: source,
    body: JSON.stringify(body),
  }
  const answer = (await call('http-api', event)) as { readonly statusCode: number; readonly body: string }
  return { status: answer.statusCode, body: JSON.parse(answer.body) }
}

test('health is an answer of the database, over HTTP', async () => {
  const event = { routeKey: 'GET /health', headers: {}, requestContext: source }

  expect(await call('http-api', event)).toMatchObject({ statusCode: 200 })
})

test('the first owner comes in by the secret of the deployment, gets a ticket, connects, and runs a statement', async () => {
  const { body: owner } = await post('/first-owner', { secret: oneTimeSecret })
  const { body: again } = await post('/first-owner', { secret: oneTimeSecret })
  const { body: given } = await post('/ticket', {}, { authorization: `Bearer ${owner.token}` })
  const identity = { sourceIp: '192.0.2.1' }
  const requestContext = { connectionId: 'page', identity, domainName: 'api', stage: 'v1' }
  const connecting = { requestContext, headers: asPage, queryStringParameters: { ticket: given.ticket } }

  const allowed = (await call('authorize', { ...connecting, methodArn: 'arn:connect' })) as {
    readonly policyDocument: { readonly Statement: readonly { readonly Effect: string }[] }
    readonly context: object
  }
  const speaking = { ...requestContext, authorizer: allowed.context }
  await call('on-connect', { ...connecting, requestContext: speaking })
  const message = {
    action: 'run',
    runId: '11111111-1111-4111-8111-111111111111',
    sql: 'SELECT 40 + 2 AS answer',
  }
  await call('on-message', { requestContext: speaking, body: JSON.stringify(message) })
  const [started] = account.asked.filter(({ path }) =>
    path.endsWith('/functions/iasql-run-statements/invocations'),
  )
  await call('run-statements', JSON.parse(started?.body ?? '{}'))

  const posted = account.asked
    .filter(({ path }) => path.includes('/@connections/page'))
    .map(({ body }) => body)
    .join()
  expect(again.code).toBe('auth/first-owner')
  expect(allowed.policyDocument.Statement[0]?.Effect).toBe('Allow')
  expect(posted).toContain('"42"')
  expect(posted).toContain('succeeded')
})
