/** A model test that cannot fail proves nothing: with a part of the product broken on purpose it names what goes wrong. */
import { expect, test } from 'vitest'
import type { Cloud } from '#operations/ports.ts'
import type { KindName } from '#test/support/simulated/kinds.ts'
import { calm } from '#test/support/simulated/weather.ts'
import {
  deafTo,
  forgetful,
  ghostly,
  greedy,
  lying,
  stubborn,
  twice,
  withoutNotes,
  withoutTokens,
} from './broken-clouds.ts'
import { runScript } from './run-script.ts'
import { shrink } from './shrink.ts'
import type { Script, Step, Values } from './step.ts'

const insert: Step = {
  act: 'edit',
  edits: [{ edit: 'insert', table: 'network', values: { cidr: { literal: '10.0.0.0/16' } } }],
  holdMs: 0,
  isUndone: false,
  thenMs: 0,
}
const update: Step = {
  act: 'edit',
  edits: [{ edit: 'update', table: 'network', slot: 0, values: { notes: { literal: 'mine' } } }],
  holdMs: 0,
  isUndone: false,
  thenMs: 0,
}
const away: Step = {
  act: 'edit',
  edits: [{ edit: 'delete', table: 'network', slot: 0 }],
  holdMs: 0,
  isUndone: false,
  thenMs: 60_000,
}
const apply: Step = { act: 'apply', isWaiting: true, claimed: 'wait', thenMs: 0 }
const storm: Step = { act: 'weather', weather: { ...calm, lost: 1 }, thenMs: 0 }
const clear: Step = { act: 'weather', weather: calm, thenMs: 0 }
const rest: Step = { act: 'rest', thenMs: 0 }
const pause: Step = { act: 'sync', thenMs: 60_000 }

const lostAnswer: Script = {
  seed: 1,
  steps: [pause, insert, storm, { ...apply, thenMs: 5_000 }, clear, pause, rest],
}

const change: Step = { act: 'change', kind: 'network', slot: 0, number: 0, thenMs: 60_000 }
const remove: Step = { act: 'remove', kind: 'network', slot: 0, thenMs: 60_000 }

const namesOf = async (script: Script, wrapCloud?: (cloud: Cloud) => Cloud): Promise<readonly string[]> => {
  const { violations } = await runScript(script, wrapCloud ? { wrapCloud } : {})
  return [...new Set(violations.map(({ name }) => name))]
}

test('with nothing broken nothing is found in any of the scripts below', async () => {
  const steps = [
    ...lostAnswer.steps,
    update,
    apply,
    rest,
    change,
    rest,
    insert,
    apply,
    rest,
    update,
    apply,
    rest,
  ]

  expect(
    await namesOf({ seed: 1, steps: [...steps, remove, rest, insert, apply, rest, away, rest] }),
  ).toEqual([])
})

test('what the engine replaces for a row that came from the cloud since the last rest is as it should be', async () => {
  const made: Step = { act: 'make', kind: 'portal', slot: 0, number: 0, thenMs: 60_000 }
  const elsewhere: Step = {
    act: 'edit',
    edits: [{ edit: 'update', table: 'network', slot: 0, values: { cidr: { literal: '10.1.0.0/16' } } }],
    holdMs: 0,
    isUndone: false,
    thenMs: 0,
  }

  expect(
    await namesOf({ seed: 1, steps: [insert, apply, rest, made, pause, elsewhere, apply, rest] }),
  ).toEqual([])
})

test('a cloud that never hears of tokens gives a resource that nobody asked for', async () => {
  expect(await namesOf(lostAnswer, withoutTokens)).toEqual(['orphan'])
})

test('an update that forgets a column loses the edit', async () => {
  const script: Script = { seed: 1, steps: [insert, apply, rest, update, apply, rest] }

  expect(await namesOf(script, withoutNotes)).toEqual(['lost edit'])
})

const put = (table: KindName, values: Values, more: Values = {}): Script => ({
  seed: 1,
  steps: [
    { ...insert, edits: [{ edit: 'insert', table, values }] },
    apply,
    rest,
    { ...update, edits: [{ edit: 'update', table, slot: 0, values: more }] },
    apply,
    rest,
  ],
})

test.each([
  ['vault', 'value', { value: { literal: 'first' } }, { value: { literal: 'second' } }],
  ['person', 'notes', {}, { notes: { literal: 'mine' } }],
  ['store', 'keeping', {}, { keeping: { literal: 'yes' } }],
] as const)('a %s whose %s never changes is noticed', async (table, name, values, more) => {
  const script = put(table, { name: { literal: 'mine' }, ...values }, more)

  expect(await namesOf(script)).toEqual([])
  expect(await namesOf(script, deafTo(name))).not.toEqual([])
})

test('a cloud that makes everything twice gives duplicates', async () => {
  const script: Script = { seed: 1, steps: [insert, { ...apply, thenMs: 5_000 }, rest] }

  expect(await namesOf(script, twice)).toContain('duplicate')
})

test('a cloud that shows what is gone leaves rows that claim it', async () => {
  const script: Script = { seed: 1, steps: [insert, apply, rest, remove, rest] }

  expect(await namesOf(script, ghostly())).toContain('phantom')
})

test('a cloud that hides what was changed leaves rows that say otherwise', async () => {
  const script: Script = { seed: 1, steps: [insert, apply, rest, change, rest] }

  expect(await namesOf(script, lying)).toEqual(['mismatch'])
})

test('a cloud that refuses every delete never lets all come to rest', async () => {
  const script: Script = { seed: 1, steps: [insert, apply, rest, { ...away, thenMs: 0 }, rest] }

  expect(await namesOf(script, stubborn)).toEqual(['stuck'])
})

test('a change that takes something else along deletes what nobody asked for', async () => {
  const script: Script = { seed: 1, steps: [insert, insert, apply, rest, update, apply, rest] }

  expect(await namesOf(script, greedy())).toContain('unasked delete')
})

test('a delete that is only said to be done is noticed', async () => {
  const script: Script = { seed: 1, steps: [insert, apply, rest, away, apply, rest] }

  expect(await namesOf(script, forgetful)).not.toEqual([])
})

test('a failing script is cut down to the steps that matter', async () => {
  const script: Script = {
    seed: 1,
    steps: [pause, insert, pause, apply, rest, update, pause, clear, storm, rest],
  }
  const fails = async ({ steps }: Script): Promise<boolean> => {
    const acts = steps.map(({ act }) => act)
    return acts.includes('edit') && acts.lastIndexOf('weather') > acts.indexOf('edit')
  }

  const minimal = await shrink(script, fails)

  expect(minimal.steps.map(({ act }) => act)).toEqual(['edit', 'weather'])
})
