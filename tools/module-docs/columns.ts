/** The columns of a table as a table of Markdown. */
import type { Column, Columns } from '#engine/model/column.ts'

/** Safe within a cell. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

export const linkTo = (qualified: string): string => {
  const [module, table] = qualified.split('.')
  return `[${table}](${module}.md#${table})`
}

const defaultOf = (value: Column['default']): string =>
  `default \`${typeof value === 'string' ? value : JSON.stringify(value)}\``

const replacing = { after: 'a change makes a new one', before: 'a change ends the old one first' }

function traitsOf(column: Column): readonly string[] {
  const { nature, required, default: usual, reference, replaces } = column
  const traits = [
    nature === 'output' && 'made by AWS',
    nature === 'local' && 'kept here only',
    required && 'required',
    usual !== undefined && defaultOf(usual),
    reference && `${reference.by === 'id' ? 'id' : reference.by} of ${linkTo(reference.table)}`,
    replaces && replacing[replaces],
    column.secret && 'secret: written, never shown',
    column.content && 'content: shown as its digest',
    column.unread && 'not told by AWS',
    column.follows && `that of what \`${column.follows.column}\` names`,
    column.live && 'follows what others do',
    column.clearable && 'NULL clears it',
    column.interrupts && 'a change interrupts the service',
    column.with && `goes with \`${column.with}\``,
  ]
  return traits.filter((trait) => typeof trait === 'string')
}

export const columnsTable = (columns: Columns): string =>
  [
    '| column | type | what it is | |',
    '|---|---|---|---|',
    ...Object.entries(columns).map(
      ([name, column]) =>
        `| \`${name}\` | ${column.sqlType} | ${cell(column.description)} | ${cell(traitsOf(column).join('; '))} |`,
    ),
  ].join('\n')
