/** What help says of the functions that are plain SQL: they work anywhere, also after writes of their transaction. */
interface NativeHelp {
  readonly module: string
  readonly name: string
  readonly signature: string
  readonly description: string
  readonly sampleUsage: string
}

export const nativeHelp: readonly NativeHelp[] = [
  {
    module: 'iasql',
    name: 'iasql_version',
    signature: 'iasql_version()',
    description: 'The version of the server.',
    sampleUsage: 'SELECT * FROM iasql_version()',
  },
  {
    module: 'iasql',
    name: 'iasql_help',
    signature: 'iasql_help()',
    description: 'The functions there are.',
    sampleUsage: 'SELECT * FROM iasql_help()',
  },
  {
    module: 'iasql',
    name: 'iasql_modules_list',
    signature: 'iasql_modules_list()',
    description: 'The modules on offer.',
    sampleUsage: 'SELECT * FROM iasql_modules_list()',
  },
  {
    module: 'iasql',
    name: 'iasql_modules_installed',
    signature: 'iasql_modules_installed()',
    description: 'The modules that are installed.',
    sampleUsage: 'SELECT * FROM iasql_modules_installed()',
  },
  {
    module: 'iasql',
    name: 'iasql_get_errors',
    signature: 'iasql_get_errors()',
    description: 'What the last applies, syncs and installs that failed failed with, the newest first.',
    sampleUsage: 'SELECT * FROM iasql_get_errors()',
  },
  {
    module: 'iasql',
    name: 'iasql_ref',
    signature: 'iasql_ref(table_name text, id bigint, column_name text)',
    description: "A reference to another row's value, which may be known only once that row is applied.",
    sampleUsage: "SELECT iasql_ref('queue', 1, 'arn')",
  },
  {
    module: 'aws_account',
    name: 'default_aws_region',
    signature: 'default_aws_region()',
    description: 'The region of rows that name none.',
    sampleUsage: 'SELECT default_aws_region()',
  },
  {
    module: 'aws_account',
    name: 'default_aws_account',
    signature: 'default_aws_account()',
    description: 'The account of rows that name none.',
    sampleUsage: 'SELECT default_aws_account()',
  },
]
