/** What a companion had and its successor, made anew along with the parent, has not: users gave it that. */
import { equals } from '#engine/columns/canonical.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'

/** Which of its columns are to be given to the new one too; what says what it is comes from the cloud. */
export const keptColumns = ({ columns }: TableSpec, before: Row | null, now: Row): readonly string[] =>
  Object.entries(columns).flatMap(([name, column]) => {
    const had = before?.[name] ?? null
    const isGiven = column.nature === 'argument' && !column.replaces && had !== null && !isAwsId(had)
    return isGiven && !equals(column, had, now[name]) ? [name] : []
  })

/** What it says as the old one did, in whatever words: the row goes on saying it in its own. */
export const alikeColumns = ({ columns }: TableSpec, before: Row | null, now: Row): readonly string[] =>
  Object.entries(columns).flatMap(([name, column]) =>
    column.nature === 'argument' && before && name in now && equals(column, before[name] ?? null, now[name])
      ? [name]
      : [],
  )

/** The cloud names such things anew each time. */
export const isAwsId = (value: unknown): boolean => typeof value === 'string' && /-[0-9a-f]{8,}$/.test(value)
