/** `npm run new:module`: a copy of the template that compiles under its own name and is in the registry. */
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newModule, registerModule } from '../../tools/new-module.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iasql-new-module-'))
  await cp(fileURLToPath(new URL('../../modules', import.meta.url)), join(folder, 'modules'), {
    recursive: true,
  })
})
afterEach(() => rm(folder, { recursive: true }))

test('makes a folder with the names replaced and lists the module last', async () => {
  const target = await newModule(folder, 'aws_thing_store')

  const module = await readFile(join(target, 'module.ts'), 'utf8')
  const registry = await readFile(join(folder, 'modules', 'registry.ts'), 'utf8')
  expect(module).toContain("name: 'aws_thing_store'")
  expect(module).toContain('export const awsThingStore = defineModule')
  expect(registry).toContain("import { awsThingStore } from './aws_thing_store/module.ts'")
  expect(registry).toMatch(/readonly Module\[\] = \[[^\]]*, awsThingStore\]/)
})

test.each(['aws_vpc', 'AwsThing', '../outside', 'aws-thing'])('refuses the name %s', async (name) => {
  await expect(newModule(folder, name)).rejects.toThrow()
})

test('the first module of an empty registry needs no comma', () => {
  const empty = "import type { Module } from './kit/index.ts'\nexport const modules: readonly Module[] = []\n"

  expect(registerModule(empty, 'aws_sns')).toContain('readonly Module[] = [awsSns]')
})
