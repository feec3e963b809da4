/** Scripts over kinds of which the random ones have something to tell only now and then. */
import { expect, test } from 'vitest'
import { calm } from '#test/support/simulated/weather.ts'
import { runScript } from './run-script.ts'
import type { Edit, Step, Values } from './step.ts'

const edit = (...edits: readonly Edit[]): Step => ({
  act: 'edit',
  edits,
  holdMs: 0,
  isUndone: false,
  thenMs: 0,
})
const apply: Step = { act: 'apply', isWaiting: true, claimed: 'wait', thenMs: 5_000 }
const storm: Step = { act: 'weather', weather: { ...calm, lost: 1 }, thenMs: 0 }
const clear: Step = { act: 'weather', weather: calm, thenMs: 0 }
const sync: Step = { act: 'sync', thenMs: 60_000 }
const rest: Step = { act: 'rest', thenMs: 0 }

test('two revisions of one family that no answer told of are both found again', async () => {
  const wish = (size: number): Edit => ({
    edit: 'insert',
    table: 'blueprint',
    values: { family: { literal: 'ships' }, size: { literal: size } },
  })

  const steps = [edit(wish(1), wish(2)), storm, apply, clear, sync, rest]

  expect((await runScript({ seed: 1, steps })).violations).toEqual([])
})

test('what is made anew under a name is not taken for the one before, whose end nobody was told of', async () => {
  const wish = (table: 'store' | 'vault', more: Values): Edit => ({
    edit: 'insert',
    table,
    values: { name: { literal: 'mine' }, ...more },
  })
  const end = (table: 'store' | 'vault'): Edit => ({ edit: 'delete', table, slot: 0 })

  const { violations } = await runScript({
    seed: 1,
    steps: [
      edit(wish('store', { keeping: { literal: 'yes' } }), wish('vault', { value: { literal: 'first' } })),
      apply,
      rest,
      edit(end('store'), end('vault')),
      storm,
      apply,
      edit(wish('store', {}), wish('vault', { value: { literal: 'second' } })),
      apply,
      clear,
      rest,
    ],
  })

  expect(violations).toEqual([])
})
