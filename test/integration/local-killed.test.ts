import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeTestDirectory } from '../support/cluster.ts'
import { kill, pidsOf, spawnHost, startHost, until } from '../support/host.ts'

let directory: string

beforeEach(async () => {
  directory = await makeTestDirectory()
})

afterEach(() => rm(directory, { recursive: true }))

test('no PostgreSQL outlives a server that is killed while it waits for it', async () => {
  const host = spawnHost('postgres', directory)
  await until(() => pidsOf((command) => command.includes(`postgres -D ${directory}/`)).length > 0)

  await kill(host)

  await until(() => pidsOf((command) => command.includes(directory)).length === 0)
})

test('a cluster is made at once after a server was killed while it made one', async () => {
  for (const round of ['first', 'second']) {
    const folder = join(directory, round)
    const host = spawnHost('postgres', folder)
    await until(() => pidsOf((command) => command.includes(`initdb --pgdata=${folder}/`)).length > 0)
    await kill(host)

    const { child, served } = await startHost<{ refused?: string }>('postgres', folder)
    await kill(child)

    expect(served.refused).toBeUndefined()
  }
  await until(() => pidsOf((command) => command.includes(directory)).length === 0)
})
