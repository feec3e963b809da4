/** What was taken back, as rows with the columns of a plan. */
import type { Json, Row } from '#engine/model/json.ts'
import { rowName } from '#engine/plan/natural-name.ts'
import { describeChange } from '../plan/describe-change.ts'
import type { Weighed } from './weigh-edits.ts'

const actions = { insert: 'create', update: 'update', delete: 'delete' } as const

export const resultRows = (weighed: readonly Weighed[]): readonly Row[] =>
  weighed.flatMap((one) => {
    const { restoration, net, type, current, name } = one
    if (restoration.kind !== 'insert' && restoration.kind !== 'update' && restoration.kind !== 'delete')
      return []
    const row = current ?? net.before ?? {}
    const action = actions[restoration.kind]
    const changed = restoration.kind === 'update' ? changesOf(restoration.values, row) : {}
    return [
      {
        action,
        table_name: type.name,
        id: name === rowName(net.rowId) ? String(net.rowId) : name,
        description: describeChange({ action, table: type.name, naturalName: name, changed }),
      },
    ]
  })

const changesOf = (values: Row, row: Row): Readonly<Record<string, { from: Json; to: Json }>> =>
  Object.fromEntries(
    Object.entries(values).map(([name, to]) => [name, { from: row[name] ?? null, to }] as const),
  )
