import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTestDirectory } from '../support/cluster.ts'
import { startTestMoto, type TestMoto } from '../support/moto.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))
/** Makes the Node that starts believe that it is an old one. */
const oldNode = [
  '--import',
  `data:text/javascript,Object.defineProperty(process, 'version', { value: 'v20.11.0' })`,
]

/** Whatever the environment of who runs the tests says. */
const settings = {
  IASQL_PORT: '0',
  IASQL_DATA_DIR: 'data',
  IASQL_URL: '',
  IASQL_TOKEN: '',
  IASQL_DATABASE_URL: '',
  IASQL_CLOUD: '',
  AWS_REGION: 'us-east-1',
}
const session = `SELECT * FROM iasql_install('aws_sqs');
INSERT INTO queue (name) VALUES ('packed');
SELECT * FROM iasql_apply();`

let folder: string
let tarball: string
/** A stranger's project that has nothing but iasql. */
let project: string
let iasql: string
let moto: TestMoto | undefined
let server: ChildProcess | undefined
let ended: Promise<unknown[]> | undefined

beforeAll(async () => {
  folder = await makeTestDirectory()
  project = join(folder, 'project')
  iasql = join(project, 'node_modules', '.bin', 'iasql')
  await mkdir(project)
  await writeFile(join(project, 'package.json'), '{ "private": true }')
  await run('npm', ['pack', '--pack-destination', folder], { cwd: root })
  const name = (await readdir(folder)).find((entry) => entry.endsWith('.tgz'))
  tarball = join(folder, String(name))
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], { cwd: project })
})

afterAll(async () => {
  server?.kill('SIGTERM')
  await ended
  await moto?.stop()
  await rm(folder, { recursive: true, force: true })
})

test('the package holds the bundle, its licence and its readme, and nothing else', async () => {
  const installed = join(project, 'node_modules', 'iasql')

  const entries = await readdir(installed, { recursive: true, withFileTypes: true })

  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1))
  const bundle = files.filter((file) => /^dist\/[\w-]+\.js$/.test(file))
  const others = files.filter((file) => !bundle.includes(file))
  expect(others.toSorted()).toEqual(['LICENSE', 'README.md', 'cli/iasql.js', 'package.json'])
  expect(bundle).toContain('dist/main.js')
  expect((await stat(tarball)).size).toBeLessThan(1024 * 1024)
  for (const file of bundle) expect(await readFile(join(installed, file), 'utf8')).not.toContain(root)
})

test.each([
  ['the Node that is new enough', []],
  ["the package's own one when it is too old", oldNode],
])('the installed command runs on %s', async (_, nodeArgs) => {
  const { stdout } = await run(process.execPath, [...nodeArgs, iasql, '--version'], { cwd: project })

  expect(stdout).toMatch(/^iasql \d+\.\d+\.\d+ on Node 2[4-9]\./)
})

test('the installed command tells what it can do', async () => {
  const { stdout } = await run(iasql, ['help'], { cwd: project })

  for (const command of ['start', 'sql', 'shell']) expect(stdout).toContain(command)
})

test('the installed server starts, answers SQL that reaches the cloud, and stops when told to', async () => {
  moto = await startTestMoto()
  const options = { cwd: project, env: { ...process.env, ...settings, AWS_ENDPOINT_URL: moto.endpoint } }
  server = spawn(iasql, ['start'], { ...options, stdio: ['ignore', 'pipe', 'inherit'] })
  ended = once(server, 'exit')
  const lines = createInterface({ input: server.stdout as Readable })
  const [line] = await Promise.race([
    once(lines, 'line'),
    ended.then(([code]) => [`ended with ${String(code)}`]),
  ])
  expect(line).toContain(`at ${moto.endpoint}, data in data)`)

  const one = await run(iasql, ['sql', 'SELECT 1 AS one', '--format', 'json'], options)
  const applied = await run(iasql, ['sql', session], options)
  const queues = await fetch(`${moto.endpoint}/?Action=ListQueues`, {
    headers: {
      authorization: 'AWS4-HMAC-SHA256 Credential=123456789012/20300101/us-east-1/sqs/aws4_request',
    },
  })
  server.kill('SIGTERM')

  expect(JSON.parse(one.stdout)).toMatchObject([{ columns: [{ name: 'one' }], rows: [['1']] }])
  expect(applied.stdout).toContain('create')
  expect(await queues.text()).toContain('/packed')
  expect(await ended).toEqual([0, null])
})
