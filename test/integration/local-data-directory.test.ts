import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { takeLock } from '#local/data-directory/lock.ts'
import { openDataDirectory } from '#local/data-directory/open-data-directory.ts'
import { identify } from '#local/process/identity.ts'
import { makeTestDirectory } from '../support/cluster.ts'
import { kill, startHost } from '../support/host.ts'

interface Refused {
  readonly refused?: string
}

let base: string

beforeAll(async () => {
  base = await makeTestDirectory()
})

afterAll(() => rm(base, { recursive: true }))

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

test('makes the folder, and keeps token, key and secrets in files that only we may read', async () => {
  const folder = join(base, 'deep', 'new')

  const first = await openDataDirectory(folder)
  await first.secrets.put('iasql/t1/writer', { user: 'w', password: 'p' })
  const sealed = await first.cipher.encrypt('SELECT 1')
  await first.close()
  const second = await openDataDirectory(folder)
  await second.close()

  expect(Buffer.from(first.token, 'base64url')).toHaveLength(32)
  expect(second.token).toBe(first.token)
  expect(await second.secrets.get('iasql/t1/writer')).toEqual({ user: 'w', password: 'p' })
  expect(await second.cipher.decrypt(sealed)).toBe('SELECT 1')
  for (const file of ['token', 'run.key', 'secrets.json'])
    expect(await modeOf(join(folder, file))).toBe('600')
})

test('leaves a folder that is there, its mode and its other files as they are', async () => {
  const folder = join(base, 'existing')
  await mkdir(folder)
  await writeFile(join(folder, 'notes.txt'), 'mine')
  await chmod(folder, 0o700)

  const directory = await openDataDirectory(folder)
  await directory.close()

  expect(await modeOf(folder)).toBe('700')
  expect(await readFile(join(folder, 'notes.txt'), 'utf8')).toBe('mine')
})

test('announces the address while it is open, and only then', async () => {
  const directory = await openDataDirectory(join(base, 'announced'))
  const file = join(directory.path, 'server.json')

  await directory.announce('ws://127.0.0.1:8088')
  const announced = JSON.parse(await readFile(file, 'utf8'))
  await directory.close()

  expect(announced).toEqual({ url: 'ws://127.0.0.1:8088', pid: process.pid })
  expect(await readdir(directory.path)).not.toContain('server.json')
})

test('a text that was changed on disk does not decrypt', async () => {
  const directory = await openDataDirectory(join(base, 'sealed'))
  const sealed = Buffer.from(await directory.cipher.encrypt('SELECT 1'), 'base64')
  sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1

  const opened = directory.cipher.decrypt(sealed.toString('base64'))

  await expect(opened).rejects.toThrow(/authenticate/)
  await directory.close()
})

test('refuses a second server while the first lives, and names it', async () => {
  const folder = join(base, 'contested')
  const first = await startHost('directory', folder)

  const second = openDataDirectory(folder)

  await expect(second).rejects.toMatchObject({
    code: 'host/in-use',
    message: expect.stringContaining(`process ${first.child.pid}`),
  })
  await kill(first.child)
})

test('takes the folder over from a server that was killed', async () => {
  const folder = join(base, 'killed')
  const first = await startHost('directory', folder)
  await kill(first.child)

  const directory = await openDataDirectory(folder)

  await directory.close()
  expect((await readdir(folder)).sort()).toEqual(['run.key', 'token'])
})

test.each([
  [
    'a number that another process has by now',
    JSON.stringify({ ...identify(process.pid), startedAt: 'x:1', id: 'a' }),
  ],
  ['half a file', '{"pid":'],
  ['nothing', ''],
])('takes over a lock that holds %s', async (_, content) => {
  const path = join(base, 'stale.lock')
  await writeFile(path, content)

  const lock = await takeLock(path)

  expect(lock).toHaveProperty('release')
  if ('release' in lock) lock.release()
  expect(await readdir(base)).not.toContain('stale.lock')
})

test('one of many servers that find a dead one gets the folder', async () => {
  const folder = join(base, 'raced')
  const dead = await startHost('directory', folder)
  await kill(dead.child)

  const hosts = await Promise.all(Array.from({ length: 6 }, () => startHost<Refused>('directory', folder)))
  const winners = hosts.filter(({ served }) => !served.refused)

  expect(winners).toHaveLength(1)
  const refusal = `process ${winners[0]?.child.pid}`
  expect(hosts.filter(({ served }) => served.refused?.includes(refusal))).toHaveLength(5)
  await Promise.all(winners.map(({ child }) => kill(child)))
})
