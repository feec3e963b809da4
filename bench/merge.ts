/** The three-way merge of a row of 15 columns over the comparison of two rows as JSON text. */
import { mergeRow, type RowStates } from '#engine/merge/merge-row.ts'
import type { Json, Row } from '#engine/model/json.ts'
import { column, table } from '../test/support/engine-tables.ts'
import { type Figure, percentile } from './figure.ts'

const type = table({
  name: 'service',
  columns: {
    name: column(),
    description: column(),
    cidr_block: column({ equality: 'cidr' }),
    size: column({ sqlType: 'integer' }),
    timeout: column({ sqlType: 'integer' }),
    capacity: column({ sqlType: 'bigint' }),
    is_public: column({ sqlType: 'boolean' }),
    is_encrypted: column({ sqlType: 'boolean' }),
    zones: column({ sqlType: 'jsonb', equality: 'set' }),
    settings: column({ sqlType: 'jsonb', equality: 'document' }),
    policy: column({ sqlType: 'jsonb', equality: 'policy' }),
    tags: column({ sqlType: 'jsonb', equality: 'tags' }),
    created_at: column({ sqlType: 'timestamptz', nature: 'output' }),
    arn: column({ nature: 'output' }),
    status: column({ nature: 'output' }),
  },
})

const statement = { Effect: 'Allow', Principal: '*', Action: ['sqs:SendMessage'], Resource: '*' }

const rowOf = (number: number): Row => ({
  name: `service-${number}`,
  description: 'What it is for, in a few words',
  cidr_block: '10.0.0.0/16',
  size: 3,
  timeout: 30,
  capacity: 1_000_000,
  is_public: false,
  is_encrypted: true,
  zones: ['us-east-1a', 'us-east-1b', 'us-east-1c'],
  settings: { retention: { days: 7, mode: 'strict' }, level: 'info' },
  policy: { Version: '2012-10-17', Statement: [statement] },
  tags: { team: 'search', stage: 'trial', Name: `service-${number}` },
  created_at: '2026-01-01T00:00:00.000Z',
  arn: `arn:aws:service:us-east-1:123456789012:service/${number}`,
  status: 'available',
})

const count = 2_000
const copyOf = (row: Row): Row => JSON.parse(JSON.stringify(row)) as Row

/** Three copies each, as the database gives them, and what was edited of the first. */
const statesWith = (edit: (row: Row) => Row): readonly RowStates[] =>
  Array.from({ length: count }, (_, number) => {
    const row = rowOf(number)
    return { desired: edit(copyOf(row)), base: copyOf(row), observed: copyOf(row) }
  })

/** Median of rounds, the first of which are for the compiler. */
function microseconds(states: readonly RowStates[], work: (states: RowStates) => unknown): number {
  const samples: number[] = []
  for (let round = 0; round < 25; round++) {
    const startedAt = performance.now()
    for (const one of states) if (work(one) === undefined) throw new Error('nothing came of it')
    if (round >= 5) samples.push(((performance.now() - startedAt) * 1_000) / states.length)
  }
  return percentile(samples, 0.5)
}

const asText = ({ desired, observed }: RowStates): boolean =>
  JSON.stringify(desired) === JSON.stringify(observed)

export const merge = async (): Promise<readonly Figure[]> => {
  const same = statesWith((row) => row)
  const edited = statesWith((row) => ({ ...row, timeout: 60, tags: { team: 'ads' } satisfies Json }))
  const floor = microseconds(same, asText)
  const floorOf = 'two of its states compared as JSON text'
  const name = 'three-way merge of a row of 15 columns'
  return [
    { name, value: microseconds(same, (states) => mergeRow(type, states)), unit: 'µs', floor, floorOf },
    {
      name: `${name}, two of them edited`,
      value: microseconds(edited, (states) => mergeRow(type, states)),
      unit: 'µs',
      floor,
      floorOf,
    },
  ]
}
