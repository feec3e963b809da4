/** Resources of parts: each is read and written for itself, and predicted calls count them so. */
import { expect, test } from 'vitest'
import type { CloudApi, CloudId } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import { predictCalls } from '#engine/plan/predict-calls.ts'
import {
  boolean,
  bytesOf,
  type ContentDigest,
  defineTable,
  digestOf,
  integer,
  partOf,
  partsOf,
  type RowOf,
  tags,
  text,
} from '#modules/kit/index.ts'

const ownCall = ['create', 'update'] as const
const columns = {
  name: text('Name.', { required: true, replaces: 'after' }),
  size: integer('Size.', { clearable: true, part: 'measure', ownCall }),
  unit: text('Unit.', { clearable: true, part: 'measure', ownCall }),
  is_open: boolean('Open?', { default: true, part: 'door', ownCall }),
  tags: tags({ part: 'labels', ownCall }),
}
type Row = RowOf<typeof columns>

const part = partOf<Row>()
const absent = (error: string) =>
  new IasqlError('cloud/not-found', error, { refusal: { operation: 'Get', error, message: error } })

function things(answers: { readonly measure?: unknown; readonly door?: unknown } = {}) {
  const written: string[] = []
  const answer = async (value: unknown): Promise<string> => {
    if (value instanceof Error) throw value
    return String(value)
  }
  const write = (name: string) => async (_: CloudId, want: { readonly name: string }) => {
    written.push(`${name} of ${want.name}`)
  }
  const whole = partsOf<Row>()(
    columns,
    {
      door: part({
        read: () => answer(answers.door),
        toRow: (seen) => ({ is_open: seen === 'open' }),
        write: write('door'),
      }),
      measure: part({
        read: () => answer(answers.measure),
        toRow: (seen) => ({ size: seen === undefined ? null : 1, unit: seen ?? null }),
        write: write('measure'),
      }),
      labels: part({ read: async () => undefined, toRow: () => ({ tags: {} }), write: write('labels') }),
    },
    'NoSuchThing',
  )
  return { whole, written }
}

const cloud = {} as CloudApi
const want = { name: 'shed', size: 2, unit: 'm', is_open: true, tags: null }

test('a part that is not found is absent, and the others are read', async () => {
  const { whole } = things({ door: 'open', measure: absent('NoSuchMeasure') })

  const seen = await whole.read({ name: 'shed' }, cloud)

  expect(seen && whole.toRow(seen)).toEqual({ is_open: true, size: null, unit: null, tags: {} })
})

test('the whole is gone when one of its parts says so', async () => {
  const { whole } = things({ door: 'open', measure: absent('NoSuchThing') })

  expect(await whole.read({ name: 'shed' }, cloud)).toBeUndefined()
})

test('a part that cannot be read fails the reading', async () => {
  const { whole } = things({ door: 'open', measure: new IasqlError('cloud/denied', 'no') })

  await expect(whole.read({ name: 'shed' }, cloud)).rejects.toMatchObject({ code: 'cloud/denied' })
})

test('each part that changes is written once, in the order in which parts are listed', async () => {
  const { whole, written } = things()
  const delta = {
    size: { from: 1, to: 2 },
    unit: { from: 'cm', to: 'm' },
    is_open: { from: false, to: true },
  }

  await whole.write({ id: { name: 'shed' }, seen: {}, want, delta }, cloud)

  expect(written).toEqual(['door of shed', 'measure of shed'])
})

test('what is removed goes before what is put, from the last part to the first', async () => {
  const { whole, written } = things()
  const none = { ...want, size: null, unit: null, tags: null }
  const delta = {
    size: { from: 1, to: null },
    tags: { from: { a: 'b' }, to: null },
    is_open: { from: false, to: true },
  }

  await whole.write({ id: { name: 'shed' }, seen: {}, want: none, delta }, cloud)

  expect(written).toEqual(['labels of shed', 'measure of shed', 'door of shed'])
})

test('its columns are those of its parts', () => {
  expect(things().whole.columns).toEqual(['is_open', 'size', 'unit', 'tags'])
})

const shed = {
  ...defineTable({ name: 'shed', description: 'A shed.', naturalKey: ['name'], columns }),
  module: 'm',
}
const calls = (action: 'create' | 'update' | 'replace', delta: object, before: object = {}) =>
  predictCalls(
    { action, delta: delta as never, desired: { ...before, ...delta } as never, before: before as never },
    shed,
  )

test('plans count one call for each part that changes', () => {
  expect(calls('create', { name: 'shed' })).toBe(1)
  expect(calls('create', { name: 'shed', size: 2, unit: 'm', is_open: false, tags: { a: 'b' } })).toBe(4)
  expect(calls('update', { size: 2, unit: 'm' }, { size: 1, unit: 'cm' })).toBe(1)
  expect(calls('update', { size: null, unit: null, tags: { c: 'd' } }, { size: 1, tags: { a: 'b' } })).toBe(2)
})

test('what the replaced one had is put on the new one too', () => {
  expect(calls('replace', { name: 'hut' }, { name: 'shed', size: 2, unit: 'm' })).toBe(3)
})

test('a digest is of what AWS says in base64, and a mapper never takes it for the bytes', () => {
  const digest = digestOf('LCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564=') as ContentDigest

  expect(digest).toBe('sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae')
  expect(digestOf(undefined)).toBeNull()
  expect(bytesOf(Buffer.from('foo')).length).toBe(3)
  expect(bytesOf(null).length).toBe(0)
  expect(() => bytesOf(digest)).toThrow('does not send')
})
