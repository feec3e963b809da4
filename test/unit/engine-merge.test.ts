import { describe, expect, test } from 'vitest'
import { believedRow } from '#engine/merge/believed-row.ts'
import { decide } from '#engine/merge/decide.ts'
import { mergeColumn, mergeUnsure } from '#engine/merge/merge-column.ts'
import { mergeRow } from '#engine/merge/merge-row.ts'
import { rebaseRow } from '#engine/merge/rebase-row.ts'
import { settleRow } from '#engine/merge/settle-row.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { column, networks } from '#test/support/engine-tables.ts'

const integer = column({ sqlType: 'integer' })

describe('one column', () => {
  test.each([
    ['nothing happened', [30, 30, 30], { kind: 'same' }],
    ['both took the same value', [60, 30, 60], { kind: 'rebase', value: 60 }],
    ['the user changed it', [60, 30, 30], { kind: 'push', value: 60 }],
    ['the cloud changed it', [30, 30, 45], { kind: 'pull', value: 45 }],
    ['both changed it, differently', [60, 30, 45], { kind: 'conflict', desired: 60, observed: 45 }],
    ['the user cleared it', [null, 30, 30], { kind: 'push', value: null }],
  ] as const)('%s', (_, [desired, base, observed], verdict) => {
    expect(mergeColumn(integer, { desired, base, observed })).toEqual(verdict)
  })

  test('unspecified at creation is filled with what AWS chose', () => {
    const unclearable = column({ sqlType: 'integer', clearable: false })

    expect(mergeColumn(integer, { desired: null, base: null, observed: 30 })).toEqual({
      kind: 'pull',
      value: 30,
    })
    expect(mergeColumn(unclearable, { desired: null, base: 30, observed: 30 })).toEqual({
      kind: 'pull',
      value: 30,
    })
  })

  test('unspecified, and agreed on as none, takes what comes later unless that is only to be observed', () => {
    const unclearable = column({ sqlType: 'integer', clearable: false })
    const drifted = { desired: null, base: null, observed: 30 }

    expect(mergeColumn(unclearable, drifted, 'observe')).toEqual({
      kind: 'observe',
      desired: null,
      observed: 30,
    })
    expect(mergeColumn(unclearable, drifted, 'enforce')).toEqual({ kind: 'pull', value: 30 })
  })

  test('an edited output is put back', () => {
    const output = column({ nature: 'output' })

    expect(mergeColumn(output, { desired: 'mine', base: 'aws', observed: 'aws' })).toEqual({
      kind: 'restore',
      value: 'aws',
    })
    expect(mergeColumn(output, { desired: 'aws', base: 'aws', observed: 'new' })).toEqual({
      kind: 'pull',
      value: 'new',
    })
  })

  test('a local column is never sent nor read', () => {
    expect(mergeColumn(column({ nature: 'local' }), { desired: 'a', base: 'b', observed: 'c' })).toEqual({
      kind: 'same',
    })
  })

  test.each([
    ['is sent again as long as nobody has looked', 30, undefined, { kind: 'push', value: 30 }],
    ['is cleared again as well', null, undefined, { kind: 'push', value: null }],
    ['is agreed on once the cloud shows it', 30, 30, { kind: 'rebase', value: 30 }],
    ['is a wish next to what the cloud shows, no conflict', 30, 45, { kind: 'push', value: 30 }],
  ] as const)('what was sent and never heard of %s', (_, desired, observed, verdict) => {
    expect(mergeUnsure(integer, desired, observed)).toEqual(verdict)
  })

  test('the policy decides about drift alone', () => {
    const drifted = { desired: 30, base: 30, observed: 45 }

    expect(mergeColumn(integer, drifted, 'enforce')).toEqual({ kind: 'push', value: 30 })
    expect(mergeColumn(integer, drifted, 'observe')).toEqual({ kind: 'observe', desired: 30, observed: 45 })
    expect(mergeColumn(integer, { ...drifted, desired: 60 }, 'observe').kind).toBe('conflict')
  })
})

describe('one row', () => {
  const queue = networks.get('queue') as TableSpec
  const base = { name: 'jobs', fifo_queue: false, visibility_timeout: 30, url: 'https://q' }

  test('columns the cloud does not tell count as unchanged', () => {
    expect(mergeRow(queue, { desired: base, base, observed: { name: 'jobs' } })).toEqual({})
  })

  test('settling takes over drift and keeps the edits that wait', () => {
    const desired = { ...base, visibility_timeout: 60, url: 'mine' }
    const observed = { ...base, policy: { Statement: [] } }

    const settled = settleRow(queue, { desired, base, observed })

    expect(settled.write).toEqual({ policy: { Statement: [] }, url: 'https://q' })
    expect(settled.base).toMatchObject({ visibility_timeout: 30, policy: { Statement: [] } })
    expect(settled.open).toEqual(['visibility_timeout'])
  })

  test('a lagging read does not undo what was just sent', () => {
    const reading = { want: { visibility_timeout: 60 }, observed: base, writtenMs: 1_000, settleMs: 60_000 }

    expect(believedRow(queue, { ...reading, readStartedMs: 2_000 }).visibility_timeout).toBe(60)
    expect(believedRow(queue, { ...reading, readStartedMs: 61_000 }).visibility_timeout).toBe(30)
  })

  test('a lagging read does not bring back what was cleared; what AWS cannot clear has its own value', () => {
    const observed = { ...base, policy: { Statement: [] } }
    const want = { policy: null, visibility_timeout: null }
    const reading = { want, observed, writtenMs: 1_000, settleMs: 60_000 }

    expect(believedRow(queue, { ...reading, readStartedMs: 2_000 })).toEqual({ ...base, policy: null })
    expect(believedRow(queue, { ...reading, readStartedMs: 61_000 })).toEqual(observed)
  })
})

describe('existence', () => {
  const at = (bits: string, more: object = {}) => ({
    desired: bits[0] === '1',
    base: bits[1] === '1',
    observed: bits[2] === '1',
    isEdited: false,
    isCompanion: false,
    isReferenced: false,
    ...more,
  })

  test.each([
    ['100', {}, 'create', 'none'],
    ['101', {}, 'adopt', 'propose'],
    ['111', {}, 'merge', 'merge'],
    ['110', {}, 'none', 'drop'],
    ['110', { isReferenced: true }, 'none', 'missing'],
    ['110', { isEdited: true }, 'recreate', 'conflict'],
    ['011', {}, 'delete', 'none'],
    ['011', { isCompanion: true }, 'gone', 'none'],
    ['010', {}, 'forget', 'none'],
    ['001', {}, 'none', 'import'],
    ['000', {}, 'none', 'none'],
  ] as const)('desired, base, observed = %s %j: apply %s, sync %s', (bits, more, apply, sync) => {
    expect(decide('apply', at(bits, more))).toBe(apply)
    expect(decide('sync', at(bits, more))).toBe(sync)
  })

  test('enforced, what the cloud lost is created again', () => {
    expect(decide('apply', at('110'), 'enforce')).toBe('recreate')
    expect(decide('sync', at('110'), 'enforce')).toBe('missing')
  })
})

test('a column edited to what the cloud showed last is agreed on, whatever the cloud shows next', () => {
  const queue = networks.get('queue') as TableSpec
  const last = {
    desired: { visibility_timeout: 30, name: 'mine' },
    base: { visibility_timeout: 45, name: 'old' },
    observed: { visibility_timeout: 30, name: 'old' },
  }

  const base = rebaseRow(queue, last)

  expect(base).toEqual({ visibility_timeout: 30, name: 'old' })
})
