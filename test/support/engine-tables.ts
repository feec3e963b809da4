/** Small tables and resource states for tests of pure decisions. */
import type { Column } from '#engine/model/column.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import type { PlannedChange } from '#engine/plan/planned-change.ts'
import { type ResourceState, resourceKey, tableLookup } from '#engine/plan/resource.ts'

export const column = (change: Partial<Column> = {}): Column => ({
  sqlType: 'text',
  description: 'A column.',
  nature: 'argument',
  required: false,
  replaces: false,
  equality: 'plain',
  clearable: true,
  ...change,
})

export const refersTo = (table: string, change: Partial<Column> = {}): Column =>
  column({ sqlType: 'bigint', reference: { table, need: 'ready', by: 'id' }, ...change })

export const table = (change: Partial<TableSpec> & Pick<TableSpec, 'name'>): TableSpec => ({
  module: 'test',
  description: 'A table.',
  place: 'regional',
  naturalKey: [],
  uniqueKey: false,
  columns: {},
  checks: [],
  access: 'full',
  writable: [],
  settleMs: 10_000,
  protects: [],
  createdWith: [],
  named: false,
  estimates: { createMs: 1_000, updateMs: 500, deleteMs: 800 },
  ...change,
})

export const networks = tableLookup([
  table({
    name: 'vpc',
    naturalKey: ['tags'],
    columns: {
      cidr_block: column({ required: true, clearable: false, replaces: 'after', equality: 'cidr' }),
      enable_dns_support: column({ sqlType: 'boolean', clearable: false }),
      tags: column({ sqlType: 'jsonb', equality: 'tags' }),
      vpc_id: column({ nature: 'output' }),
    },
  }),
  table({
    name: 'subnet',
    naturalKey: ['vpc_id', 'cidr_block'],
    columns: {
      vpc_id: refersTo('test.vpc', { required: true, clearable: false, replaces: 'after' }),
      cidr_block: column({ required: true, clearable: false, replaces: 'before', equality: 'cidr' }),
      tags: column({ sqlType: 'jsonb', equality: 'tags' }),
    },
  }),
  table({
    name: 'route_table',
    naturalKey: ['vpc_id'],
    createdWith: [{ parent: 'test.vpc', via: 'vpc_id' }],
    columns: { vpc_id: refersTo('test.vpc', { required: true, clearable: false, replaces: 'after' }) },
  }),
  table({
    name: 'route',
    columns: {
      route_table_id: refersTo('test.route_table', { required: true, clearable: false, replaces: 'after' }),
      gateway_id: refersTo('test.gateway'),
    },
  }),
  table({ name: 'gateway', columns: { vpc_id: refersTo('test.vpc') } }),
  table({
    name: 'queue',
    naturalKey: ['name'],
    uniqueKey: true,
    named: true,
    columns: {
      name: column({ required: true, clearable: false, replaces: 'after' }),
      fifo_queue: column({ sqlType: 'boolean', default: false, clearable: false, replaces: 'after' }),
      visibility_timeout: column({ sqlType: 'integer', clearable: false }),
      redrive_target_id: refersTo('test.queue', {
        reference: { table: 'test.queue', need: 'exists', by: 'id' },
      }),
      policy: column({ sqlType: 'jsonb', equality: 'policy' }),
      url: column({ nature: 'output' }),
    },
  }),
])

const place = { accountId: '123456789012', region: 'us-east-1' }

/** A resource at rest: applied, and as the cloud has it. */
export function applied(
  name: string,
  rowId: number,
  row: Row,
  change: Partial<ResourceState> = {},
): ResourceState {
  return {
    table: name,
    rowId,
    resourceId: resourceIdOf(name, rowId),
    place,
    cloudPlace: place,
    desired: row,
    base: row,
    observed: row,
    cloudId: { id: `${name}-${rowId}` },
    companionOf: null,
    baseVersion: 10,
    editVersion: 10,
    edit: null,
    ...change,
  }
}

export const resourceIdOf = (name: string, rowId: number): number =>
  [...networks.keys()].indexOf(name) * 10_000 + rowId

const edit = { actor: 'ann', at: '2026-01-01T00:00:00Z', companion: false }

export const inserted = (name: string, rowId: number, row: Row): ResourceState =>
  applied(name, rowId, row, {
    resourceId: null,
    cloudPlace: null,
    base: null,
    observed: null,
    cloudId: null,
    baseVersion: 0,
    editVersion: 1,
    edit,
  })

export const edited = (resource: ResourceState, change: Row): ResourceState => ({
  ...resource,
  desired: { ...resource.desired, ...change },
  editVersion: 11,
  edit,
})

export const deleted = (resource: ResourceState): ResourceState => ({
  ...resource,
  desired: null,
  editVersion: 11,
  edit,
})

export const change = (
  name: string,
  rowId: number,
  action: PlannedChange['action'],
  more: Partial<PlannedChange> = {},
): PlannedChange => ({
  key: resourceKey(name, rowId),
  action,
  table: name,
  rowId,
  resourceId: null,
  place,
  cloudPlace: place,
  naturalName: '',
  cloudId: null,
  changed: {},
  delta: {},
  replaceBefore: false,
  companion: false,
  parent: null,
  reason: '',
  unknown: [],
  risk: 'none',
  calls: 1,
  estimateMs: 1_000,
  editVersion: 1,
  actor: null,
  editedAt: null,
  references: [],
  pointsAt: [],
  oldBase: null,
  takes: [],
  frees: [],
  conflicts: [],
  pulls: {},
  ...more,
})
