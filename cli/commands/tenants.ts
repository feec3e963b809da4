/** `iasql tenants`: the functions about tenants, for people who do not want to write SQL. */
import type { Command, Invocation } from '../command.ts'
import { UsageError } from '../exit.ts'
import { sql } from './sql.ts'

export const tenants: Command = {
  summary: 'list, make, suspend, move and delete tenants',
  usage: `iasql tenants                              lists those that you can sign in to
iasql tenants create <alias>               makes one; a token of it is shown once, to who signed in by a token
iasql tenants suspend <alias>              shuts one: its connections are closed, what it has under way ends
iasql tenants resume <alias>               lets it go on
iasql tenants quota <alias> <name> <n>     changes what it may use: size_mb, statements (a minute), runs, connections (at once)
iasql tenants move <alias> <placement>     into a database of its own (dedicated), or back among the others (shared)
iasql tenants delete <alias> --yes         deletes its tables, logins and secrets; nothing in any cloud

All but the list are for owners of the home tenant, which is the first one: sign in there. Before a tenant is deleted,
keep what makes it again: iasql --tenant <alias> sql "SELECT sql FROM iasql_get_sql_since()" | jq -r .sql > <alias>.sql
`,
  options: { yes: { type: 'boolean' } },
  run: async (invocation) => {
    const { values, terminal, commands } = invocation
    return await sql.run({ values, positionals: [statementOf(invocation)], terminal, commands })
  },
}

interface Verb {
  /** Words after it. */
  readonly takes: readonly string[]
  readonly statement: (words: readonly string[]) => string
}

const literal = (text = ''): string => `'${text.replaceAll("'", "''")}'`

const verbs: Readonly<Record<string, Verb>> = {
  list: { takes: [], statement: () => 'SELECT * FROM iasql_db_list()' },
  create: {
    takes: ['alias'],
    statement: ([alias]) =>
      `SELECT alias, created_at, placement, state, token FROM iasql_connect(${literal(alias)})`,
  },
  suspend: {
    takes: ['alias'],
    statement: ([alias]) => `SELECT alias, state FROM iasql_tenant_suspend(${literal(alias)})`,
  },
  resume: {
    takes: ['alias'],
    statement: ([alias]) => `SELECT alias, state FROM iasql_tenant_suspend(${literal(alias)}, false)`,
  },
  quota: {
    takes: ['alias', 'name', 'n'],
    statement: ([alias, name, value]) =>
      `SELECT alias, quota_size_mb, quota_statements, quota_runs, quota_connections
       FROM iasql_tenant_quota(${literal(alias)}, ${literal(name)}, ${value})`,
  },
  move: {
    takes: ['alias', 'placement'],
    statement: ([alias, placement]) =>
      `SELECT alias, placement, state FROM iasql_tenant_move(${literal(alias)}, ${literal(placement)})`,
  },
  delete: {
    takes: ['alias'],
    statement: ([alias]) => `SELECT alias, state FROM iasql_disconnect(${literal(alias)})`,
  },
}

function statementOf({ positionals: [name = 'list', ...words], values }: Invocation): string {
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined
  if (!verb)
    throw new UsageError(`there is no "iasql tenants ${name}"; there is ${Object.keys(verbs).join(', ')}`)
  if (words.length !== verb.takes.length) {
    const takes = verb.takes.map((word) => ` <${word}>`).join('')
    throw new UsageError(`give it as: iasql tenants ${name}${takes}`)
  }
  if (name === 'quota' && !/^\d{1,9}$/.test(words[2] ?? ''))
    throw new UsageError(`"${words[2]}" is no number; give a whole one`)
  if (name === 'delete' && values.yes !== true)
    throw new UsageError(
      `this deletes all tables of ${words[0]}; say so with --yes. To keep what makes them again first: iasql --tenant ${words[0]} sql "SELECT sql FROM iasql_get_sql_since()" | jq -r .sql > ${words[0]}.sql`,
    )
  return verb.statement(words)
}
