/** What `npm run new:module` writes works before a line of it is edited. */
import { spawnSync } from 'node:child_process'
import { cp, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const needed =
  /^(aws|engine|functions|local|modules|operations|postgres|statemachines|test|tools|websocket)$|\.json$|^vitest/
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iasql-new-module-'))
  for (const part of (await readdir(root)).filter((name) => needed.test(name)))
    await cp(join(root, part), join(folder, part), { recursive: true })
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
})
afterEach(() => rm(folder, { recursive: true }))

const node = (...parameters: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, parameters, {
    cwd: folder,
    timeout: 110_000,
  })
  return { status, text: `${stdout}${stderr}` }
}

test('an untouched new module type-checks and conforms', () => {
  const made = node('tools/new-module.ts', 'aws_key_store', 'sort_key')
  const types = node('node_modules/typescript/bin/tsc', '--noEmit', '-p', '.')
  const conformance = node('tools/conform.ts', 'aws_key_store')

  expect(made.status, made.text).toBe(0)
  expect(types.text.split('\n').filter((line) => /aws_key_store|sort_key/.test(line))).toEqual([])
  expect(conformance.status, conformance.text).toBe(0)
  expect(conformance.text).toContain('sort_key: 9 of 10 steps proved')
  expect(conformance.text).toContain('aws_key_store: 1 of 1 steps proved')
})
