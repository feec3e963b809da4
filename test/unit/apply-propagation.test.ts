/** A refusal that only means "not heard of yet" is tried again for as long as the table says, and no other one is. */
import { expect, test } from 'vitest'
import { classifyError } from '#aws/classify-error.ts'
import type { IasqlError } from '#engine/model/error.ts'
import { type ApplyRun, refusedEvent } from '#operations/apply/apply-run.ts'

const propagates = [
  {
    operation: 'CreateFunction',
    error: 'InvalidParameterValueException',
    message: /role defined for the function cannot be assumed/,
    forMs: 60_000,
    because: 'IAM has not told Lambda of the role yet',
  },
]

const refused = (operation: string, name: string, message: string): IasqlError =>
  classifyError(
    Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } }),
    operation,
    'aws',
  )
const unheard = refused(
  'CreateFunction',
  'InvalidParameterValueException',
  'The role defined for the function cannot be assumed by Lambda.',
)

const job = {
  type: { propagates },
  change: { table: 'function', rowId: 1, naturalName: 'f' },
  steps: [{ step: { key: 'function/1#create', kind: 'create' }, state: 'started' }],
  startedMs: 0,
}

function runAt(times: readonly number[], settleMs = (published: number): number => published): ApplyRun {
  const left = [...times]
  return {
    refusals: new Map(),
    unheard: new Map(),
    reach: { lostSinceMs: null },
    jobs: { ofStep: () => job },
    context: {
      progress: { report: () => undefined },
      ports: { clock: { now: () => new Date(left.shift() ?? 0) }, cloud: { settleMs } },
    },
  } as unknown as ApplyRun
}

test('it is tried again until its time is over, counted from the first refusal', () => {
  const run = runAt([1_000, 30_000, 60_999, 61_000])

  const retries = [1, 2, 3, 4].map(() => refusedEvent(run, 'function/1#create', unheard))

  expect(retries.map((event) => 'retry' in event && event.retry)).toEqual([
    'later',
    'later',
    'later',
    'never',
  ])
})

test('an emulator hears of everything at once', () => {
  const event = refusedEvent(
    runAt([0], () => 0),
    'function/1#create',
    unheard,
  )

  expect(event).toMatchObject({ kind: 'failed', retry: 'never' })
})

test.each([
  ['another operation', refused('UpdateFunctionCode', 'InvalidParameterValueException', unheard.message)],
  ['another name', refused('CreateFunction', 'ValidationException', unheard.message)],
  ['another text', refused('CreateFunction', 'InvalidParameterValueException', 'The runtime is unknown.')],
])('%s is final', (_, error) => {
  expect(refusedEvent(runAt([0]), 'function/1#create', error)).toMatchObject({ retry: 'never' })
})
