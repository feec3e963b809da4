/** The page of one module: its tables, the lists within them and its functions, each with SQL that CI runs. */
import type { Column, Columns } from '#engine/model/column.ts'
import { reference } from '#modules/kit/columns.ts'
import type { Examples } from '#modules/kit/examples.ts'
import type { LinesDefinition } from '#modules/kit/lines.ts'
import type { LeftOut, Module } from '#modules/kit/module.ts'
import type { ModuleRpc } from '#modules/kit/rpc.ts'
import type { ResourceType } from '#modules/kit/table.ts'
import { columnsTable, linkTo } from './columns.ts'
import { type Block, exampleBlocks, needsBlock, prepare } from './example-blocks.ts'

/** A fence that is marked is shown and not run. */
const fence = ({ sql, emulator }: Block): string =>
  [`\`\`\`sql${emulator === undefined ? '' : ' not-run'}`, sql, '```'].join('\n')

const sections = (...parts: readonly (string | false | undefined)[]): string =>
  parts.filter((part) => typeof part === 'string' && part !== '').join('\n\n')

const bullets = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n')

const places = {
  regional: 'It is of one account and region: `account_id` and `region` are the defaults unless said.',
  global: 'It is of one account and no region: `account_id` is the default unless said.',
  tenant: 'It is of no account and no region.',
} as const

function rulesOf(table: ResourceType): readonly string[] {
  const key = table.naturalKey.map((name) => `\`${name}\``).join(', ')
  const known = table.uniqueKey ? 'No two of a place have the same' : 'People know it by its'
  const byTag = table.naturalKey.join() === 'tags'
  return [
    places[table.place],
    ...(key ? [`${known} ${byTag ? 'tag `Name`' : key}; \`find_${table.name}()\` gives the id.`] : []),
    ...table.createdWith.map(({ parent }) => `AWS makes some along with a ${linkTo(parent)}.`),
    ...table.checks.map(({ message }) => `Held to: ${message}.`),
    ...table.protects.map(({ message }) => `Protected: ${message}.`),
    ...(table.access === 'read' ? [`AWS alone makes it${writableOf(table)}.`] : []),
    ...(table.mapper ? [`Calls of AWS: ${table.mapper.operations.join(', ')}.`] : []),
  ]
}

const writableOf = ({ writable }: ResourceType): string =>
  writable.length === 0 ? '' : `; what may be updated is ${writable.map((name) => `\`${name}\``).join(', ')}`

const exampleSection = (examples: Examples): string =>
  sections(
    examples.variant && `### ${examples.table}: ${examples.variant}`,
    examples.emulator !== undefined && `CI does not run this, the emulator cannot: ${examples.emulator}.`,
    ...exampleBlocks(examples).map(fence),
  )

const tableSection = (table: ResourceType, examples: readonly Examples[]): string =>
  sections(
    `## ${table.name}`,
    table.description,
    bullets(rulesOf(table)),
    columnsTable(table.columns),
    ...examples.map(exampleSection),
    examples.length === 0 && fence({ sql: `SELECT * FROM ${table.name}; -- rows of ${table.name}` }),
  )

/** Views that show the lists within a resource line by line. */
const linesOf = ({ sql }: Module): readonly LinesDefinition[] =>
  sql.flatMap((each) => ('via' in each && 'parent' in each ? [each as unknown as LinesDefinition] : []))

/** As the view has them: row ids where the mapper gets what AWS knows them by. */
function shownColumns({ parent, via, columns }: LinesDefinition, module: string): Columns {
  const table = `${module}.${parent}`
  const shown = Object.entries(columns).map(([column, what]): [string, Column] =>
    what.reference
      ? [column, { ...what, sqlType: 'bigint', reference: { ...what.reference, by: 'id' } }]
      : [column, what],
  )
  return {
    [via]: reference(table, `Row id of the ${parent}.`, { required: true }),
    ...Object.fromEntries(shown),
  }
}

const linesSection = (lines: LinesDefinition, module: string): string =>
  sections(
    `## ${lines.name}`,
    lines.description,
    bullets([
      `A view of the column \`${lines.list}\` of [${lines.parent}](#${lines.parent}), a line a row; INSERT, UPDATE and DELETE change the column.`,
      `No two of one \`${lines.via}\` have the same ${lines.key.map((name) => `\`${name}\``).join(', ')}.`,
    ]),
    columnsTable(shownColumns(lines, module)),
    fence({ sql: `SELECT * FROM ${lines.name};` }),
  )

const signatureOf = ({ name, arguments: all }: ModuleRpc): string =>
  `${name}(${all.map((argument) => `${argument.name} ${argument.type}`).join(', ')})`

const kinds = {
  read: 'It reads.',
  engine: 'It is of the engine.',
  action: 'It changes the cloud at once, without a plan.',
}

function functionSection(rpc: ModuleRpc): string {
  const prepared = prepare(rpc.needs ?? {})
  const columns = rpc.columns.map(
    ({ name, type, secret }) => `\`${name}\` ${type}${secret ? ', shown once and kept nowhere' : ''}`,
  )
  return sections(
    `## ${rpc.name}()`,
    rpc.description,
    bullets([
      `\`${signatureOf(rpc)}\` needs the role ${rpc.role}. ${kinds[rpc.kind]}`,
      `Gives ${columns.join(' · ')}.`,
      `Calls of AWS: ${rpc.operations.join(', ')}.`,
    ]),
    prepared.inserts.length > 0 && fence({ sql: needsBlock(prepared, 'SELECT * FROM iasql_apply();') }),
    fence({ sql: `${rpc.sampleUsage.replace(/;$/, '')}; -- rows of ${rpc.name}` }),
  )
}

const named = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ')

const leftOutSection = (leftOut: readonly LeftOut[]): string =>
  sections(
    '## What no row says',
    'Arguments that these calls of AWS also take, and calls that are never made.',
    bullets(
      leftOut.map(({ of, arguments: members, because }) =>
        members ? `${of.join(', ')}: ${named(members)}. ${because}` : `${of.join(', ')}. ${because}`,
      ),
    ),
  )

export function modulePage(module: Module): string {
  const { name, version, requires, tables, examples, rpc, leftOut } = module
  const needs =
    requires.length > 0 ? ` · needs ${requires.map((each) => `[${each}](${each}.md)`).join(', ')}` : ''
  return `${sections(
    `# ${name}`,
    `Version ${version}${needs}. Made from \`modules/${name}\` by \`npm run docs\`; CI runs its SQL on an emulator of AWS.`,
    fence({ sql: `SELECT * FROM iasql_install('${name}');` }),
    ...tables.map((table) =>
      tableSection(
        table,
        examples.filter((each) => each.table === table.name),
      ),
    ),
    ...linesOf(module).map((lines) => linesSection(lines, name)),
    ...rpc.map(functionSection),
    leftOut.length > 0 && leftOutSection(leftOut),
  )}\n`
}
