/** What functions call when they work as deployed, held against what their roles allow: nothing outside, nothing for nothing. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { functionNames } from '../../cdk/functions.ts'
import { type DeployedLab, openDeployedLab } from '../support/deployed-lab.ts'
import { goEveryWay } from './every-way.ts'
import { leaveAlone, onSchedule } from './left-alone.ts'
import { covers, type Granted, granted, holderOf, type Right, rightsOf } from './rights.ts'

const minutesMs = 60_000
let lab: DeployedLab
let allowed: readonly Granted[]
let taken: readonly Right[]

beforeAll(async () => {
  // Where metrics and the log go on AWS.
  vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  for (const level of ['debug', 'info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue()
  lab = await openDeployedLab((name, value) => vi.stubEnv(name, value))
  await goEveryWay(lab)
  await leaveAlone(lab)
  await onSchedule(lab)
  allowed = granted()
  taken = lab.calls.flatMap(rightsOf)
}, 10 * minutesMs)
afterAll(async () => {
  await lab?.stop()
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
}, minutesMs)

const sorted = (texts: readonly string[]): readonly string[] => [...new Set(texts)].toSorted()

test('no function makes a call that its role does not allow', () => {
  const outside = taken
    .filter((right) => !allowed.some((one) => covers(one, right)))
    .map(({ by, action, resource }) => `${by}: ${action} ${resource}`)

  expect(lab.calls.length).toBeGreaterThan(100)
  expect(sorted(outside)).toEqual([])
})

test('every function was at work', () => {
  const atWork = sorted(lab.calls.map(({ by }) => by))

  expect(atWork).toEqual(functionNames.toSorted())
})

/** No function calls these itself, so no call of theirs can be recorded: AWS does, as the function. */
const byAws: readonly (readonly [action: RegExp, who: string])[] = [
  [/^logs:(CreateLogStream|PutLogEvents)$/, "Lambda writes the function's log"],
  [/^xray:(PutTraceSegments|PutTelemetryRecords)$/, "Lambda's daemon sends traces"],
  [/^sqs:SendMessage$/, 'Lambda puts an event into the dead letters that failed for good'],
  [/^kms:Decrypt$/, 'Secrets Manager opens a secret for whoever reads it'],
]

test('no role allows an action on a resource for which its function never takes it', () => {
  const holders = new Set(functionNames.map(holderOf))
  const unused = allowed
    .filter(({ holder }) => holders.has(holder))
    .filter(({ action }) => !byAws.some(([pattern]) => pattern.test(action)))
    .filter((one) => !taken.some((right) => covers(one, right)))
    .map(({ holder, action, resource }) => `${holder}: ${action} ${resource}`)

  expect(sorted(unused)).toEqual([])
})
