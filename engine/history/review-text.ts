/** A review as Markdown: what was edited, what an apply would do about it, and what may be lost. */
export interface ReviewedChange {
  readonly action: string
  readonly table: string
  readonly name: string
  readonly description: string
  readonly reason: string
  readonly risk: string
  readonly actor: string | null
  /** Values that are known only once others are applied. */
  readonly unknown: readonly string[]
}

export interface Review {
  readonly title: string
  readonly description: string
  readonly statements: readonly string[]
  readonly changes: readonly ReviewedChange[]
  /** What an apply would leave out, and other things to know. */
  readonly notices: readonly string[]
}

export interface ReviewSection {
  readonly section: 'summary' | 'sql' | 'plan' | 'risks'
  readonly markdown: string
}

export const reviewSections = (review: Review): readonly ReviewSection[] => [
  { section: 'summary', markdown: summary(review) },
  { section: 'sql', markdown: `## SQL\n\n${sqlBlock(review.statements)}` },
  { section: 'plan', markdown: `## Plan\n\n${planTable(review)}` },
  { section: 'risks', markdown: `## Risks\n\n${risks(review.changes)}` },
]

function summary({ title, description, changes }: Review): string {
  const counts = [...Map.groupBy(changes, ({ action }) => action)]
    .map(([action, all]) => `${all.length} ${action}`)
    .sort((a, b) => a.slice(a.indexOf(' ')).localeCompare(b.slice(b.indexOf(' '))))
  const text = description === '' ? [] : [description]
  return [
    `# ${oneLine(title)}`,
    ...text,
    counts.length > 0 ? `${counts.join(', ')}.` : 'Nothing to apply.',
  ].join('\n\n')
}

/** The fence is longer than any run of backticks within. */
function sqlBlock(statements: readonly string[]): string {
  if (statements.length === 0) return 'No edits.'
  const sql = statements.join('\n')
  const longest = Math.max(2, ...(sql.match(/`+/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}sql\n${sql}\n${fence}`
}

function planTable({ changes, notices }: Review): string {
  const rows = changes.map(({ action, description, reason, actor }) =>
    [action, description, reason, actor ?? ''].map(cell).join(' | '),
  )
  const table =
    rows.length > 0
      ? ['| action | what | why | by |', '|---|---|---|---|', ...rows.map((row) => `| ${row} |`)].join('\n')
      : 'No changes.'
  return [table, ...notices.map((notice) => `> ${oneLine(notice)}`)].join('\n\n')
}

function risks(changes: readonly ReviewedChange[]): string {
  const risky = changes.filter(({ risk }) => risk !== 'none')
  const lines = [...Map.groupBy(risky, ({ risk }) => risk)].map(
    ([risk, all]) =>
      `- **${risk}**: ${all.map(({ action, table, name }) => cell(`${action} ${table} ${name}`.trim())).join(', ')}`,
  )
  const unknown = changes.filter((change) => change.unknown.length > 0)
  if (unknown.length > 0) {
    const named = unknown.map(({ table, name, unknown: columns }) =>
      cell(`${table} ${name}: ${columns.join(', ')}`),
    )
    lines.push(`- **known only once applied**: ${named.join('; ')}`)
  }
  return lines.length > 0 ? lines.join('\n') : 'None known.'
}

const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, ' ').trim()

/** A text in a table or list, where nothing in it counts as Markdown. */
const cell = (text: string): string => oneLine(text).replace(/[\\|`*_<>[\]]/g, String.raw`\$&`)
