import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CreateQueueCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { installMoto } from '#local/moto/install-moto.ts'
import { type Moto, startMoto } from '#local/moto/start-moto.ts'
import { identify, isRunning } from '#local/process/identity.ts'
import { makeTestDirectory } from '../support/cluster.ts'
import { kill, killWatch, spawnHost, startHost, until } from '../support/host.ts'
import { startTestMoto } from '../support/moto.ts'

let directory: string

beforeEach(async () => {
  directory = await makeTestDirectory()
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(directory, { recursive: true })
})

const log = () => {}

const pidOf = async (): Promise<number> =>
  JSON.parse(await readFile(join(directory, 'moto.json'), 'utf8')).pid

const queues = (endpoint: string) =>
  new SQSClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: '1'.repeat(12), secretAccessKey: 'x' },
  })

/** A folder with programs of shell text, as the head of PATH. */
const stubPrograms = async (programs: Record<string, string>): Promise<string> => {
  const folder = join(directory, 'bin')
  await mkdir(folder)
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`)
    await chmod(join(folder, name), 0o755)
  }
  vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`)
  return folder
}

/** Makes an environment whose interpreter notes each installation and takes its time. */
const python = `mkdir -p "$3/bin" && echo made >> "${'$'}{0%/bin/*}/made"
printf '#!/bin/sh\\nsleep 0.3; echo "$@" >> "${'$'}{0%%/moto*}/installed"\\n' > "$3/bin/python" && chmod 755 "$3/bin/python"`

/** Says who it is, and then nothing for a minute. */
const silent = `echo $$ > "${'$'}{0%/bin/*}/silent"; exec sleep 60`

test('answers the calls of the SDK, and is gone after stop', async () => {
  const moto = await startMoto({ directory, log, progress: log })
  const emulator = identify(await pidOf())

  await queues(moto.url).send(new CreateQueueCommand({ QueueName: 'jobs' }))
  const listed = await queues(moto.url).send(new ListQueuesCommand({}))
  await moto.stop()

  expect(listed.QueueUrls).toHaveLength(1)
  expect(isRunning(emulator)).toBe(false)
  expect(await readdir(directory)).toEqual([])
})

test('ends with the server when that is killed', async () => {
  const host = await startHost<Moto>('moto', directory)
  const emulator = identify(await pidOf())

  await kill(host.child)

  await until(() => !isRunning(emulator))
})

test.each([
  ['that has yet to answer', { moto_server: silent }],
  ['that is being installed', { moto_server: 'exit 127', python3: silent }],
])('ends an emulator %s with the server when that is killed', async (_, programs) => {
  await stubPrograms(programs)
  const host = spawnHost('moto', directory)
  const silentPid = async () => Number(await readFile(join(directory, 'silent'), 'utf8').catch(() => 0))
  await until(async () => (await silentPid()) > 0)
  const emulator = identify(await silentPid())

  await kill(host)

  await until(() => !isRunning(emulator))
})

test('ends the emulator that a killed server left running', async () => {
  const host = await startHost<Moto>('moto', directory)
  const left = identify(await pidOf())
  killWatch(left.pid)
  await kill(host.child)

  const moto = await startMoto({ directory, log, progress: log })
  const isLeft = isRunning(left)
  await moto.stop()

  expect(isLeft).toBe(false)
})

test('leaves a process alone that has the number of an emulator by now', async () => {
  await writeFile(
    join(directory, 'moto.json'),
    JSON.stringify({ ...identify(process.pid), startedAt: 'x:1' }),
  )

  const moto = await startMoto({ directory, log, progress: log })
  await moto.stop()

  expect(isRunning(identify(process.pid))).toBe(true)
})

test('is launched again at the same address when it dies', async () => {
  const moto = await startMoto({ directory, log, progress: log })

  process.kill(await pidOf(), 'SIGKILL')
  await until(() =>
    fetch(moto.url).then(
      (response) => response.ok,
      () => false,
    ),
  )
  const listed = await queues(moto.url).send(new ListQueuesCommand({}))
  await moto.stop()

  expect(listed.QueueUrls ?? []).toEqual([])
})

test('installs once when several ask at the same time, and not again', async () => {
  await stubPrograms({ python3: python })
  const folder = join(directory, 'moto')
  const lines: string[] = []
  const ask = () => installMoto(folder, (line) => lines.push(line))

  const commands = await Promise.all([ask(), ask(), ask()])
  await ask()

  const command = { program: join(folder, 'bin', 'python'), parameters: ['-m', 'moto.server'] }
  expect(commands).toEqual([command, command, command])
  expect(lines).toHaveLength(1)
  expect(await readFile(join(directory, 'made'), 'utf8')).toBe('made\n')
  expect(await readFile(join(directory, 'installed'), 'utf8')).toMatch(
    /^-m pip install .* moto\[server\]==[\d.]+\n$/,
  )
})

test.each([
  ['python3', {}, /needs python3/, /Install Python/],
  ['python3-venv', { python3: 'echo "ensurepip is not available" >&2; exit 1' }, /ensurepip/, /python3-venv/],
])('says in one line that %s is missing', async (_, programs, message, hint) => {
  const folder = await stubPrograms(programs)
  vi.stubEnv('PATH', folder)

  const installed = installMoto(join(directory, 'moto'), log)

  await expect(installed).rejects.toMatchObject({
    code: 'host/not-started',
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  })
})

test('installs its own when the one on PATH is an empty shell', async () => {
  const searchPath = await stubPrograms({
    moto_server: 'echo "command not found" >&2; exit 127',
    python3: 'exit 9',
  })
  const lines: string[] = []

  const started = startMoto({ directory, log, progress: (line) => lines.push(line), searchPath })

  await expect(started).rejects.toThrow(/python3 -m venv failed/)
  expect(lines).toEqual([expect.stringContaining('installing')])
})

test('the emulator of a test counts calls and forgets what was made', async () => {
  const moto = await startTestMoto()

  await queues(moto.endpoint).send(new CreateQueueCommand({ QueueName: 'jobs' }))
  const calls = await moto.calls()
  await moto.reset()
  const listed = await queues(moto.endpoint).send(new ListQueuesCommand({}))
  await moto.stop()

  expect([calls, listed.QueueUrls ?? []]).toEqual([1, []])
})
