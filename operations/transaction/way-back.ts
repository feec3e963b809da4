/** For each row of a commit that is taken back: what its table is to say, and how the cloud is brought there. */
import { equals } from '#engine/columns/canonical.ts'
import { listExpressions } from '#engine/expression/expression.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import type { CommitChange } from '#postgres/statements/commit-changes.ts'
import type { Image } from '#postgres/statements/transaction-image.ts'

/**
 * `plain`: the cloud has to have what the row said before. `between`: it had something else, since edits of others were
 * pending or it had drifted; the row says that for a while. `absent`: it had nothing, and the row stays. `adopted`: it had
 * it before us. `forgotten`: it had it no more. Absent: nothing has reached the cloud.
 */
export type WayBack = 'plain' | 'between' | 'absent' | 'adopted' | 'forgotten'

export interface ReturningRow {
  readonly key: string
  readonly image: Image
  readonly way: WayBack | undefined
  /** What the row is to say while the cloud follows it. */
  readonly between: Row | null
}

/** `changes`: of the way forward only. */
export function returningRow(type: TableSpec, image: Image, changes: readonly CommitChange[]): ReturningRow {
  const key = resourceKey(image.table_name, image.row_id)
  const touched = changes.filter(({ is_touched: isTouched }) => isTouched).at(-1)
  const row = { key, image }
  if (image.applied) return { ...row, way: 'plain', between: image.before }
  if (!touched) return { ...row, way: undefined, between: image.before }
  const { action } = touched
  if (action === 'forget') return { ...row, way: 'forgotten', between: image.before }
  if (action === 'adopt' && touched.state === 'done') {
    return { ...row, way: 'adopted', between: { ...image.after, ...fromOf(touched) } }
  }
  if (!image.before) return { ...row, way: 'plain', between: null }
  const had = image.resource?.base ? image.resource.observed : null
  if (!had) return { ...row, way: 'absent', between: image.before }
  const between = { ...image.before, ...otherwise(type, image.before, had) }
  const isPlain = image.edits.length === 0 && isDriftless(image)
  return { ...row, way: isPlain ? 'plain' : 'between', between }
}

const fromOf = ({ changed }: CommitChange): Row =>
  Object.fromEntries(Object.entries(changed).map(([name, { from }]) => [name, from]))

const isDriftless = ({ resource }: Image): boolean => (resource?.drift ?? null) === null

/** What the cloud had in the user's columns where the row said something else. */
const otherwise = (type: TableSpec, before: Row, had: Row): Row =>
  Object.fromEntries(
    Object.entries(type.columns).flatMap(([name, column]) => {
      const isOther =
        column.nature === 'argument' &&
        name in had &&
        listExpressions(before[name] ?? null).length === 0 &&
        !equals(column, before[name], had[name])
      return isOther ? [[name, had[name] ?? null]] : []
    }),
  )
