/** What an owner may set for a tenant: a closed list of whole numbers, each with its bounds. */
export interface Setting {
  readonly name: string
  readonly default: number
  readonly least: number
  readonly most: number
  readonly description: string
}

const days = (name: string, value: number, description: string): Setting => ({
  name: `${name}_retention_days`,
  default: value,
  least: 1,
  most: 3_650,
  description,
})

/** In the order in which `iasql_setting` is documented. */
export const settings = {
  audit: days(
    'audit',
    365,
    'Days for which iasql_audit_log keeps a change, and iasql_transaction what it was part of.',
  ),
  runs: days('run', 7, 'Days for which the events and results of a run are kept after its end.'),
  executions: days('execution', 90, 'Days for which the events of an apply or sync are kept after its end.'),
  previews: days('preview', 1, 'Days for which a preview that nobody applied is kept.'),
  secrets: days('secret', 30, 'Days for which earlier values of secret columns can be restored.'),
  syncRows: {
    name: 'sync_threshold_rows',
    default: 20,
    least: 0,
    most: 1_000_000,
    description: 'Rows of one table that a sync may remove without asking.',
  },
  syncShare: {
    name: 'sync_threshold_percent',
    default: 30,
    least: 0,
    most: 100,
    description: 'Share of a table, in percent, that a sync may remove without asking.',
  },
} as const satisfies Record<string, Setting>

export type Settings = Readonly<Record<keyof typeof settings, number>>

/** Undefined when the value is none that the setting can have. */
export function settingValue(setting: Setting, text: string): number | undefined {
  if (!/^\d{1,9}$/.test(text.trim())) return undefined
  const value = Number(text)
  return value >= setting.least && value <= setting.most ? value : undefined
}
