/** The pure parts of adopting, forgetting and companions. */
import { expect, test } from 'vitest'
import { withDependents } from '#engine/columns/with-dependents.ts'
import { ref } from '#engine/model/cloud.ts'
import { describeCloudId } from '#engine/plan/natural-name.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import { modules } from '#modules/registry.ts'
import { learnedRows } from '#operations/apply/learned-rows.ts'
import { matchCompanions } from '#operations/apply/match-companions.ts'
import { column, table } from '#test/support/engine-tables.ts'

test('a column goes along with the one without which it says nothing', () => {
  const columns = { target: column({}), count: column({ with: 'target' }), name: column({}) }

  expect(withDependents(columns, ['target'])).toEqual(['target', 'count'])
  expect(withDependents(columns, ['target', 'count'])).toEqual(['target', 'count'])
  expect(withDependents(columns, ['name'])).toEqual(['name'])
  expect(withDependents(columns, [])).toEqual([])
})

test('a column of a module goes along only with columns that its table has', () => {
  const tables = modules.flatMap((module) => module.tables)
  const lost = tables.flatMap((table) =>
    Object.values(table.columns).filter((each) => each.with !== undefined && !(each.with in table.columns)),
  )

  expect(lost).toEqual([])
})

test('an id of several parts is one text, however its parts were ordered', () => {
  expect(describeCloudId({ route_table_id: 'rtb-1', destination: '::/0' })).toBe('::/0|rtb-1')
  expect(describeCloudId({ destination: '::/0', route_table_id: 'rtb-1' })).toBe('::/0|rtb-1')
  expect(describeCloudId({ url: 'http://a/b' })).toBe('http://a/b')
})

const route = table({
  name: 'route',
  columns: {
    destination: column({ replaces: 'before' }),
    table: column({ replaces: 'before' }),
    name: column(),
    state: column({ nature: 'output' }),
  },
})
const made = (id: string, row: Record<string, string>) => ({
  cloudId: { id },
  row,
  naturalName: null,
  companionOf: 1,
})
const held = (rowId: number, id: string, base: Record<string, string>) => ({
  resource_id: rowId,
  table_name: 'route',
  row_id: rowId,
  cloud_id: { id },
  base,
})

test('a companion made anew keeps the row of the one it stands for', () => {
  const four = made('new-4', { destination: '10.0.0.0/16', table: 'rtb-0123456789abcdef0' })
  const six = made('new-6', { destination: '2600::/56', table: 'rtb-0123456789abcdef0' })
  const old = held(7, 'old-4', { destination: '10.0.0.0/16', table: 'rtb-00000000000000000' })
  const gone = held(8, 'old-x', { destination: '10.9.0.0/16', table: 'rtb-00000000000000000' })

  expect(matchCompanions(route, [four, six], [old, gone])).toEqual({
    again: [[four, old]],
    made: [six],
    gone: [gone],
  })
})

test('so it does where users have named it, and where its row does not know yet what becomes of it', () => {
  const four = made('new-4', { destination: '10.0.0.0/16', state: 'active' })
  const six = made('new-6', { destination: '2600::/56', state: 'active' })
  const named = held(7, 'old-6', { destination: '2600::/56', name: 'mine', state: 'active' })
  const coming = { ...held(8, '', { destination: '10.0.0.0/16' }), cloud_id: null }

  const { again } = matchCompanions(route, [four, six], [named, coming])

  expect(again).toEqual([
    [four, coming],
    [six, named],
  ])
})

test('a companion that is still there is neither new nor gone', () => {
  const same = held(7, 'same', { destination: '10.0.0.0/16' })

  expect(matchCompanions(route, [made('same', { destination: '10.0.0.0/16' })], [same])).toEqual({
    again: [],
    made: [],
    gone: [],
  })
})

test('the only one of its kind stands for the only one before, whatever it is like', () => {
  const main = made('rtb-new', { name: 'b' })
  const before = held(7, 'rtb-old', { name: 'a' })

  expect(matchCompanions(route, [main], [before]).again).toEqual([[main, before]])
})

test('a resource that two accounts see has a row in each', () => {
  const row = (rowId: number, accountId: string) => ({
    table: 'vpc',
    rowId,
    place: { accountId, region: 'us-east-1' },
    cloudId: { vpc_id: 'vpc-1' },
  })
  const known = [row(1, '111111111111'), row(2, '222222222222')]

  const rows = learnedRows(new Map(known.map((one) => [resourceKey('vpc', one.rowId), one])))
  rows.add({ table: 'vpc', rowId: 9, cloudId: { vpc_id: 'vpc-9' } })

  const shared = ref('aws_vpc.vpc', { vpc_id: 'vpc-1' })
  expect(rows.find(shared, { accountId: '222222222222', region: 'us-east-1' })).toBe(2)
  expect(rows.find(shared, { accountId: '111111111111', region: 'us-east-1' })).toBe(1)
  expect(rows.find(shared, { accountId: '333333333333', region: 'us-east-1' })).toBeUndefined()
  expect(rows.find(ref('aws_vpc.vpc', { vpc_id: 'vpc-9' }), { accountId: '1', region: 'us-east-1' })).toBe(9)
})
