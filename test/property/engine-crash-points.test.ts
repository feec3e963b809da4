/** Every single point at which a process can die, for each kind of answer: the end is the one without a crash. */
import { describe, expect, test } from 'vitest'
import type { Step } from '#engine/order/step.ts'
import { type Answer, simulate } from '#test/support/simulated-execution.ts'

const step = (key: string, needs: Step['needs'] = []): Step => ({
  key,
  change: key,
  kind: 'create',
  table: 'vpc',
  accountId: '1',
  region: 'us-east-1',
  needs,
  columns: null,
  without: [],
  clears: [],
  estimateMs: 100,
  priorityMs: 100,
})
/** One before, two beside each other, one behind both. */
const steps = [
  step('first'),
  step('left', [{ step: 'first', milestone: 'exists' }]),
  step('right', [{ step: 'first', milestone: 'ready' }]),
  step('last', [
    { step: 'left', milestone: 'ready' },
    { step: 'right', milestone: 'gone' },
  ]),
]

const done: Answer = { kind: 'done' }
const answers: Readonly<Record<string, readonly Answer[]>> = {
  'done at once': [done],
  'waited for': [{ kind: 'waiting', polls: 2 }],
  'waited for and called again': [{ kind: 'waiting', polls: 1, again: true }, done],
  throttled: [{ kind: 'failed', retry: 'throttled' }, { kind: 'failed', retry: 'throttled' }, done],
  'refused for now': [{ kind: 'failed', retry: 'later' }, done],
  'without an answer, though it happened': [{ kind: 'lost', happened: true }, done],
  'without an answer, and absent': [{ kind: 'lost', happened: false }, done],
}
/** More than any of the stories has. */
const mostEvents = 80

describe.each(Object.keys(answers))('a step that is %s', (name) => {
  const script = Object.fromEntries(steps.map(({ key }) => [key, answers[name] ?? []]))
  const made = steps.map(({ key }) => key).sort()

  test.each([
    ['one life', 0],
    ['lives of 150 ms', 150],
  ])('is made once wherever the process dies, in %s', (_, budgetMs) => {
    for (let event = 0; event < mostEvents; event += 1) {
      const end = simulate(steps, { answers: script, crashes: [event], budgetMs })

      expect([event, [...end.made].sort(), end.end?.outcome]).toEqual([event, made, 'succeeded'])
    }
  })

  test('is made once when the process dies twice, whenever that is', () => {
    for (let event = 0; event < 30; event += 1) {
      for (let next = event + 1; next < event + 8; next += 1) {
        const end = simulate(steps, { answers: script, crashes: [event, next] })

        expect([event, next, [...end.made].sort(), end.end?.outcome]).toEqual([
          event,
          next,
          made,
          'succeeded',
        ])
      }
    }
  })
})
