/** Functions that Lambda ends at their time limit, in the middle of what they do: the state machine goes on, and nothing is done twice. */
import { afterEach, expect, test } from 'vitest'
import { killable } from '../support/killable.ts'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'

let host: LiveHost

afterEach(() => host?.stop())

/** Shorter than the Data API's, three minutes and 45 seconds: what a dead function had locked outlasts all retries of a task. */
const limits = { idleTransactionMs: 25_000, callMs: 3_000 }
/** What the host says of its state machines. */
const failures: string[] = []

const startKillable = async () => {
  const kills = killable()
  const { around, wrapDataApi, wrapCloud } = kills
  failures.length = 0
  const log = (level: string, message: string) => {
    if (level === 'error' && message.startsWith('state machine')) failures.push(message)
  }
  host = await startLiveHost({ functions: { around }, wrapDataApi, wrapCloud, limits, log })
  await host.client.run("SELECT * FROM iasql_install('aws_sqs')")
  await host.client.run("INSERT INTO queue (name) VALUES ('jobs'), ('mails'), ('bills')")
  host.calls.length = 0
  return kills
}

const created = () => host.calls.filter(({ operation }) => operation === 'CreateQueue')

test.each([
  ['before AWS has the call', 'before'],
  ['when AWS has done the call, and nobody has noted it', 'after'],
] as const)('an apply whose function ends between intent and outcome, %s, ends well', async (_, when) => {
  const kills = await startKillable()
  const before = kills.invocations.filter((name) => name === 'step-execution').length
  kills.killAt((operation) => operation === 'CreateQueue', when)

  const applied = await host.client.run('SELECT action FROM iasql_apply()')
  const after = await host.client.run('SELECT count(*) FROM iasql_preview(); SELECT count(url) FROM queue')

  const steps = kills.invocations.filter((name) => name === 'step-execution').length - before
  expect(applied.statements[0]?.rows.map(([action]) => action)).toEqual(['create', 'create', 'create'])
  expect(after.statements.map(({ rows }) => rows)).toEqual([[['0']], [['3']]])
  expect(created()).toHaveLength(3)
  expect(steps).toBeGreaterThan(1)
  expect(failures).toEqual([])
})

test.each([4, 12])(
  'an apply whose function ends at its %i-th request of the database is taken up when the lock is gone',
  async (request) => {
    const kills = await startKillable()
    kills.killAtRequest('step-execution', request)

    const applied = await host.client.run('SELECT action FROM iasql_apply()')

    expect(applied.statements[0]?.rows).toHaveLength(3)
    expect(created()).toHaveLength(3)
    expect(failures).toEqual([])
  },
)
