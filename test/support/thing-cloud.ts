/** A module of our own whose cloud is in memory: a column of every kind, values that come back in other words. */
import { SQSClient } from '@aws-sdk/client-sqs'
import { IasqlError } from '#engine/model/error.ts'
import type { Json } from '#engine/model/json.ts'
import { awsAccount } from '#modules/aws_account/module.ts'
import {
  type CloudId,
  cidr,
  defineMapper,
  defineModule,
  defineTable,
  done,
  integer,
  jsonDocument,
  policyDocument,
  type Resolved,
  type RowOf,
  ref,
  reference,
  set,
  tags,
  text,
} from '#modules/kit/index.ts'
import { type Registry, registryOf } from '#modules/registry.ts'

const thingColumns = {
  name: text('Name; may change in place.', { required: true }),
  size: integer('Never without a value.'),
  most: integer('May be without a value.', { clearable: true }),
  least: integer('Has a value of its own when it is given none.', { clearable: true }),
  colours: set('In any order.', { clearable: true }),
  document: jsonDocument('Spelled in any way.', { clearable: true }),
  policy: policyDocument('Spelled in any way.', { clearable: true }),
  network: cidr('Host bits are dropped.', { clearable: true, replaces: 'before' }),
  kind: text('Another one is another thing.', { clearable: true, replaces: 'after' }),
  note: text('Free text.', { clearable: true }),
  peer_id: reference('things.thing', 'Another one.', { clearable: true }),
  arn: text('Its ARN.', { output: true }),
  tags: tags(),
}
type Thing = RowOf<typeof thingColumns>

const partColumns = {
  thing_name: reference('things.thing', 'What it is part of.', { by: 'name', required: true }),
  label: text('Its label.', { required: true, replaces: 'before' }),
}
type Part = RowOf<typeof partColumns>

interface Seen<Row> {
  readonly id: string
  readonly region: string
  readonly row: Resolved<Row>
}

export class ThingCloud {
  readonly things = new Map<string, Seen<Thing>>()
  readonly parts = new Map<string, Seen<Part>>()
  /** What was called, as `create part`. */
  readonly calls: string[] = []
  private made = 0
  /** Awaited before each write; what it throws, AWS refuses. */
  before: (call: string, name: string) => Promise<void> = async () => undefined

  registry(): Registry {
    const things = defineModule({
      name: 'things',
      version: '0.1.0',
      requires: ['aws_account'],
      tables: [thingTable(this), partTable(this)],
      examples: [],
    })
    return registryOf([awsAccount, things])
  }

  thing(name: string): Seen<Thing> {
    const found = [...this.things.values()].find(({ row }) => row.name === name)
    if (!found) throw new Error(`the cloud has no thing ${name}`)
    return found
  }

  /** As somebody else does it. */
  change(name: string, change: Partial<Resolved<Thing>>): void {
    const seen = this.thing(name)
    this.things.set(seen.id, { ...seen, row: { ...seen.row, ...change } })
  }

  async call(verb: string, name: string, more = ''): Promise<void> {
    await this.before(verb, name).catch((error: Error) => {
      throw new IasqlError('cloud/invalid', error.message)
    })
    this.calls.push(`${verb} ${name} ${more}`.trim())
  }

  nextId(kind: string): string {
    this.made += 1
    return `${kind}-${this.made}`
  }
}

const turned = (value: Json): Json => (Array.isArray(value) ? [...value].reverse() : value)

/** As AWS gives it back: in another order, as text, with a default. */
const asGiven = (row: Resolved<Thing>, id: string): Resolved<Thing> => ({
  ...row,
  size: row.size ?? 30,
  least: row.least ?? 7,
  colours: turned(row.colours as Json) as Resolved<Thing>['colours'],
  document: row.document === null ? null : JSON.stringify(row.document),
  policy: row.policy === null ? null : JSON.stringify(row.policy),
  network: row.network?.replace(/\d+\/24$/, '0/24') ?? null,
  arn: `arn:${id}`,
  tags: { 'aws:made': 'by us', ...row.tags },
})

function thingTable(cloud: ThingCloud) {
  return defineTable({
    name: 'thing',
    description: 'A thing.',
    naturalKey: ['name'],
    settleMs: 0,
    columns: thingColumns,
    mapper: defineMapper<Thing, Seen<Thing>>()({
      ...common(cloud, cloud.things),
      async create(want, _, { place }) {
        const id = cloud.nextId('thing')
        await cloud.call('create', want.name)
        cloud.things.set(id, { id, region: place.region, row: asGiven(want, id) })
        return done({ id })
      },
      async update({ id, region }, want, delta) {
        await cloud.call('update', want.name, Object.keys(delta).sort().join())
        cloud.things.set(id, { id, region, row: asGiven(want, id) })
        return done({ id })
      },
      async delete({ id, row }) {
        await cloud.call('delete', row.name)
        cloud.things.delete(id)
        return done({ id })
      },
      toRow: ({ row }) => ({ ...row, peer_id: ref('things.thing', row.peer_id as CloudId | null) }),
    }),
  })
}

function partTable(cloud: ThingCloud) {
  return defineTable({
    name: 'part',
    description: 'A part of a thing.',
    naturalKey: ['label'],
    settleMs: 0,
    columns: partColumns,
    mapper: defineMapper<Part, Seen<Part>>()({
      ...common(cloud, cloud.parts),
      async create(want, _, { place }) {
        cloud.thing(want.thing_name)
        const id = cloud.nextId('part')
        await cloud.call('create', want.label)
        cloud.parts.set(id, { id, region: place.region, row: want })
        return done({ id })
      },
      async update({ id, region }, want) {
        cloud.thing(want.thing_name)
        await cloud.call('update', want.label)
        cloud.parts.set(id, { id, region, row: want })
        return done({ id })
      },
      async delete({ id, row }) {
        cloud.thing(row.thing_name)
        await cloud.call('delete', row.label)
        cloud.parts.delete(id)
        return done({ id })
      },
      toRow: ({ row }) => row,
    }),
  })
}

const common = <Row>(_: ThingCloud, all: Map<string, Seen<Row>>) => ({
  client: SQSClient,
  operations: [],
  idOf: ({ id }: Seen<Row>) => ({ id }),
  async *list({ region }: { readonly region: string }) {
    for (const seen of all.values()) if (seen.region === region) yield seen
  },
  unmarked: { tokenMs: 0 },
  get: async (ids: readonly CloudId[]) => ids.flatMap(({ id = '' }) => all.get(id) ?? []),
})
