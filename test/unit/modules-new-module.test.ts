/** `npm run new:module`: a copy of the template under its own names, with a check, in the registry. */
import { spawnSync } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newModule, registerModule } from '../../tools/new-module.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iasql-new-module-'))
  for (const part of ['modules', 'test/modules'])
    await cp(join(root, part), join(folder, part), { recursive: true })
})
afterEach(() => rm(folder, { recursive: true }))

const read = (path: string) => readFile(join(folder, path), 'utf8')

test('files and exports are named after the module and its first table', async () => {
  await newModule(folder, 'aws_thing_store', 'dead_letter')

  const files = (await readdir(join(folder, 'modules/aws_thing_store'))).sort()
  const module = await read('modules/aws_thing_store/module.ts')
  const table = await read('modules/aws_thing_store/dead-letter.ts')
  const rpc = await read('modules/aws_thing_store/count-dead-letters.ts')
  expect(files).toEqual([
    ...['count-dead-letters.ts', 'dead-letter.examples.ts', 'dead-letter.ts'],
    ...['left-out.ts', 'module.ts'],
  ])
  expect(module).toContain("import { deadLetterExamples } from './dead-letter.examples.ts'")
  expect(module).toContain("export const awsThingStore = defineModule({\n  name: 'aws_thing_store'")
  expect(module).toContain('tables: [deadLetter],')
  expect(table).toContain("export const deadLetter = defineTable({\n  name: 'dead_letter'")
  expect(table).toContain('Dead letters: one row, one dead letter.')
  expect(rpc).toContain("export const countDeadLetters = defineRpc({\n  name: 'count_dead_letters'")
})

test('no word of the template is left', async () => {
  const files = await newModule(folder, 'aws_kinesis', 'stream')

  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))

  expect(texts.join('\n')).not.toMatch(/thing|template/i)
})

test('the table gets a check, and the registry the module last', async () => {
  await newModule(folder, 'aws_kinesis', 'stream')

  expect(await read('test/modules/checks/stream.ts')).toContain('Whether the stream of a row exists')
  expect(await read('modules/registry.ts')).toMatch(/readonly Module\[\] = \[[^\]]*awsKinesis,?\s*\]/)
})

test.each(['aws_kinesis', 'aws_a', 'zeta', 'other_cloud_with_a_long_name'])(
  'the registry with %s is as the formatter wants it',
  async (name) => {
    const registry = registerModule(registerModule(await read('modules/registry.ts'), 'aws_invented'), name)

    const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')
    const parameters = [biome, 'check', '--write', '--stdin-file-path=modules/registry.ts']
    const formatted = spawnSync(process.execPath, parameters, { cwd: root, input: registry })

    expect(registry).toBe(formatted.stdout.toString())
  },
)

test('the first module of an empty registry needs no comma', () => {
  const empty = "import type { Module } from './kit/index.ts'\nexport const modules: readonly Module[] = []\n"

  expect(registerModule(empty, 'aws_sns')).toContain('readonly Module[] = [awsSns]')
})

test.each([
  [['aws_vpc', 'topic'], 'modules/aws_vpc exists; add a file to it instead'],
  [['AwsThing', 'topic'], '"AwsThing" is no module name: lower case and underscores, like aws_sns'],
  [['../outside', 'topic'], '"../outside" is no module name: lower case and underscores, like aws_sns'],
  [['aws_sns', 'my-topic'], '"my-topic" is no table name: lower case and underscores, like topic'],
  [['aws_kinesis', 'queue'], 'another module has a table queue, and table names are unique over all modules'],
  [['aws_sns'], 'usage: npm run new:module <module> <table>, for example: npm run new:module aws_sns topic'],
  [[], 'usage: npm run new:module <module> <table>, for example: npm run new:module aws_sns topic'],
  [['--help'], 'usage: npm run new:module <module> <table>, for example: npm run new:module aws_sns topic'],
])('%j is refused in one line', (parameters, line) => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'tools/new-module.ts'), ...parameters])

  expect(stderr.toString().trim()).toBe(line)
  expect(status).toBe(64)
})
