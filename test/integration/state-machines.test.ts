import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import type { RunResult } from '../support/bare-client.ts'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'

let host: LiveHost

afterEach(() => host?.stop())

const command = fileURLToPath(new URL('../../cli/iasql.js', import.meta.url))

const runCommand = async (...args: string[]): Promise<{ code: number; output: string }> => {
  const child = spawn(process.execPath, [command, ...args], {
    env: { ...process.env, IASQL_URL: host.serving.url, IASQL_TOKEN: host.token },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  const [code] = (await once(child, 'close')) as [number]
  return { code, output }
}

test('an apply started from the command line goes through the definitions of both machines', async () => {
  host = await startLiveHost()
  await host.client.run("SELECT * FROM iasql_install('aws_sqs'); INSERT INTO queue (name) VALUES ('jobs')")

  const { code, output } = await runCommand('sql', 'SELECT action FROM iasql_apply()', '--format', 'ndjson')

  const visited = [...host.serving.machines.visited]
  const states = (machine: string) => visited.filter(([name]) => name.startsWith(machine)).at(-1)?.[1]
  expect(code).toBe(0)
  expect(output).toBe('{"action":"create"}\n')
  expect(states('run/')).toEqual(expect.arrayContaining(['RunExecution', 'ExecuteStatements']))
  expect(states('execution/')).toEqual(expect.arrayContaining(['StepExecution']))
})

/** What a client is told, without what differs from run to run: times, ids, and how rows fell into messages. */
const told = ({ messages }: RunResult) => {
  const varies = new Set(['runId', 'seq', 'durationMs'])
  return messages
    .filter(({ type }) => type !== 'progress')
    .map((message) => Object.fromEntries(Object.entries(message).filter(([name]) => !varies.has(name))))
}

const script = `
  SELECT * FROM iasql_install('aws_sqs');
  INSERT INTO queue (name) VALUES ('jobs');
  ${'SELECT pg_sleep(0.4)::text AS slept;'.repeat(6)}
  SELECT action, table_name FROM iasql_apply();
  SELECT name, visibility_timeout FROM queue;
`

test('a run that outlives the time of one function many times over tells the same', async () => {
  host = await startLiveHost()
  const long = await host.client.run(script)
  await host.stop()

  host = await startLiveHost({ budgetMs: 1_000 })
  const cut = await host.client.run(script)

  expect(cut.state).toBe('succeeded')
  expect(told(cut)).toEqual(told(long))
  const entered = [...host.serving.machines.visited].find(([name]) => name.startsWith('run/'))?.[1] ?? []
  expect(entered.filter((state) => state === 'ExecuteStatements').length).toBeGreaterThan(2)
})
