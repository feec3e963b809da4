/** What loaded states tell of other resources: their cloud ids, and the values that expressions stand for. */

import { valueIn } from '#engine/plan/known-resources.ts'
import { resourceKey } from '#engine/plan/resource.ts'
import type { InstalledTables } from '../install/installed-tables.ts'
import type { LoadedStates } from './load-neighbours.ts'
import type { Known } from './resolve-row.ts'

export const knownFrom = (states: LoadedStates, tables: InstalledTables): Known => ({
  cloudId: (table, rowId) => states.get(resourceKey(table, rowId))?.cloudId ?? undefined,
  value(table, rowId, column) {
    const state = states.get(resourceKey(table, rowId))
    const type = tables.lookup.get(table)
    return state && type && valueIn(type, state, column)
  },
})
