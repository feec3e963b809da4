/** What loaded states tell of other resources: their cloud ids, and the values that expressions stand for. */

import { resourceKey } from '#engine/plan/resource.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import type { LoadedStates } from './load-neighbours.ts'
import type { Known } from './resolve-row.ts'

export const knownFrom = (states: LoadedStates, tables: InstalledTables): Known => ({
  cloudId: (table, rowId) => states.get(resourceKey(table, rowId))?.cloudId ?? undefined,
  value(table, rowId, column) {
    const state = states.get(resourceKey(table, rowId))
    const isOutput = tables.lookup.get(table)?.columns[column]?.nature === 'output'
    if (column === 'id') return state?.desired ? rowId : undefined
    return (isOutput ? state?.observed : state?.desired)?.[column] ?? undefined
  },
})
