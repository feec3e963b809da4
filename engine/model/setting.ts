/** What an owner may set for a tenant: a closed list of whole numbers with their bounds, some of which go by words. */
export interface Setting {
  readonly name: string
  readonly default: number
  readonly least: number
  readonly most: number
  /** What 0, 1, … are called; a number below `least` has no other name. */
  readonly words?: readonly string[]
  readonly description: string
}

/** What happens without anybody calling `iasql_sync` or `iasql_apply`. */
export const automaticModes = ['off', 'sync', 'apply'] as const
export type AutomaticMode = (typeof automaticModes)[number]
const onOff = ['off', 'on'] as const

const oneOf = (words: readonly string[], value: string) => ({
  words,
  default: words.indexOf(value),
  ...{ least: words.length, most: words.length - 1 },
})

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
  automaticMode: {
    name: 'automatic_mode',
    ...oneOf(automaticModes, 'off'),
    description:
      'off: drift checks only tell. sync: they also bring the tables up to date. apply: edits are applied by themselves, too.',
  },
  automaticDelay: {
    name: 'automatic_delay_seconds',
    default: 30,
    least: 0,
    most: 3_600,
    description: 'Seconds without an edit after which automatic mode applies what was edited.',
  },
  driftInterval: {
    name: 'drift_interval',
    default: 1_440,
    least: 5,
    most: 10_080,
    words: ['off'],
    description: 'Minutes between two drift checks, or off.',
  },
  driftPaused: {
    name: 'drift_paused',
    ...oneOf(onOff, 'off'),
    description: 'on: no drift check begins until it is off again.',
  },
  statementTimeout: {
    name: 'statement_timeout',
    default: 300,
    least: 5,
    most: 86_400,
    description: 'Seconds after which a statement, or a transaction that sits open, is ended.',
  },
} as const satisfies Record<string, Setting>

export type Settings = Readonly<Record<keyof typeof settings, number>>

/** Undefined when the value is none that the setting can have. */
export function settingValue(setting: Setting, text: string): number | undefined {
  const given = text.trim()
  const word = setting.words?.indexOf(given.toLowerCase()) ?? -1
  if (word >= 0) return word
  if (!/^\d{1,9}$/.test(given)) return undefined
  const value = Number(given)
  return value >= setting.least && value <= setting.most ? value : undefined
}

/** As `iasql_setting` shows it. */
export const settingText = ({ words }: Setting, value: number): string => words?.[value] ?? String(value)

/** `off or a whole number from 5 to 10080` */
export function settingRange({ words = [], least, most }: Setting): string {
  const numbers = least <= most ? [`a whole number from ${least} to ${most}`] : []
  const all = [...words, ...numbers]
  return all.length < 2 ? all.join() : `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`
}

export const automaticModeOf = ({ automaticMode }: Pick<Settings, 'automaticMode'>): AutomaticMode =>
  automaticModes[automaticMode] ?? 'off'
