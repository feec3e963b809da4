/** A model test that cannot fail proves nothing: with a part of the product broken on purpose it names what goes wrong. */
import { expect, test } from 'vitest'
import { tokenTag } from '#modules/kit/index.ts'
import type { Cloud } from '#operations/ports.ts'
import { calm } from '#test/support/simulated/weather.ts'
import { runScript } from './run-script.ts'
import { shrink } from './shrink.ts'
import type { Script, Step } from './step.ts'

type Input = Readonly<Record<string, unknown>>

const sending = (change: (operation: string, input: Input) => Input): ((cloud: Cloud) => Cloud) => {
  return (cloud) => ({
    settleMs: (published) => cloud.settleMs(published),
    api: (...given) => {
      const api = cloud.api(...given)
      return {
        ...api,
        send: (command, input) =>
          api.send(command, change(command.name, input as unknown as Input) as unknown as typeof input),
      }
    },
  })
}

/** What was made under it is not found again. */
const withoutTokens = sending((operation, input) => {
  if (!operation.startsWith('Create')) return input
  const attributes = input.Attributes as Readonly<Record<string, Input>>
  const { [tokenTag]: _, ...tags } = attributes.tags ?? {}
  return { ...input, Attributes: { ...attributes, tags } }
})

const withoutNotes = sending((operation, input) => {
  const { notes: _, ...attributes } = (input.Attributes ?? {}) as Input
  return operation.startsWith('ModifyNetwork') && input.Attributes
    ? { ...input, Attributes: attributes }
    : input
})

const twice = (cloud: Cloud): Cloud => ({
  settleMs: (published) => cloud.settleMs(published),
  api: (...given) => {
    const api = cloud.api(...given)
    return {
      ...api,
      send: async (command, input) => {
        if (command.name.startsWith('Create')) await api.send(command, input)
        return await api.send(command, input)
      },
    }
  },
})

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
const apply: Step = { act: 'apply', isWaiting: true, claimed: 'wait', thenMs: 0 }
const storm: Step = { act: 'weather', weather: { ...calm, lost: 1 }, thenMs: 0 }
const clear: Step = { act: 'weather', weather: calm, thenMs: 0 }
const rest: Step = { act: 'rest', thenMs: 0 }
const pause: Step = { act: 'sync', thenMs: 60_000 }

const lostAnswer: Script = {
  seed: 1,
  steps: [pause, insert, storm, { ...apply, thenMs: 5_000 }, clear, pause, rest],
}

const namesOf = async (script: Script, wrapCloud?: (cloud: Cloud) => Cloud): Promise<readonly string[]> => {
  const { violations } = await runScript(script, wrapCloud ? { wrapCloud } : {})
  return [...new Set(violations.map(({ name }) => name))]
}

test('a cloud that never hears of tokens gives a resource that nobody asked for', async () => {
  expect(await namesOf(lostAnswer)).toEqual([])
  expect(await namesOf(lostAnswer, withoutTokens)).toEqual(['orphan'])
})

test('an update that forgets a column loses the edit', async () => {
  const script: Script = { seed: 1, steps: [insert, apply, rest, update, apply, rest] }

  expect(await namesOf(script)).toEqual([])
  expect(await namesOf(script, withoutNotes)).toEqual(['lost edit'])
})

test('a cloud that makes everything twice gives duplicates', async () => {
  const script: Script = { seed: 1, steps: [insert, { ...apply, thenMs: 5_000 }, rest] }

  expect(await namesOf(script, twice)).toContain('duplicate')
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
