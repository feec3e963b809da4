/** What people are given to look at: reviews of what is not applied, errors, and help. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab

beforeAll(async () => {
  lab = await openTenantLab()
  await lab.call('iasql_install', [['aws_vpc', 'aws_sqs']])
  await lab.user.run("INSERT INTO queue (name) VALUES ('kept'), ('old')")
})
beforeEach(async () => {
  await lab.call('iasql_apply')
})
afterAll(async () => {
  await lab.close()
})

const review = async (title: string | null = null, description: string | null = null) => {
  const rows = await lab.call('iasql_create_review', [title, description])
  return Object.fromEntries(rows.map(({ section, markdown }) => [String(section), String(markdown)]))
}

test('a review has a summary, the statements, the plan and its risks', async () => {
  await lab.user.run("INSERT INTO queue (name, delay_seconds) VALUES ('new_one', 5)")
  await lab.user.run("UPDATE queue SET delay_seconds = 7 WHERE name = 'kept'")
  await lab.user.run("DELETE FROM queue WHERE name = 'old'")

  const sections = await review('Queues', 'Less of them.')

  expect(Object.keys(sections)).toEqual(['summary', 'sql', 'plan', 'risks'])
  expect(sections.summary).toBe('# Queues\n\nLess of them.\n\n1 create, 1 delete, 1 update.')
  expect(sections.sql).toBe(`## SQL

\`\`\`sql
INSERT INTO queue (name, delay_seconds, region) VALUES ('new_one', 5, 'us-east-1');
UPDATE queue SET delay_seconds = 7 WHERE name = 'kept' AND region = 'us-east-1';
DELETE FROM queue WHERE name = 'old' AND region = 'us-east-1';
\`\`\``)
  expect(sections.plan).toContain(String.raw`| create | queue new\_one |`)
  expect(sections.plan).toContain('| update | queue kept: delay\\_seconds 0 → 7 |')
  expect(sections.risks).toBe('## Risks\n\n- **deletes data**: delete queue old')
})

test('a review without edits says so, and has a title of its own', async () => {
  const sections = await review()

  expect(sections).toEqual({
    summary: '# Review\n\nNothing to apply.',
    sql: '## SQL\n\nNo edits.',
    plan: '## Plan\n\nNo changes.',
    risks: '## Risks\n\nNone known.',
  })
})

test('a review leaves out what is applied already of the same transaction', async () => {
  await lab.user.transaction(async (transaction) => {
    await transaction.run("INSERT INTO queue (name) VALUES ('good')")
    await transaction.run(
      "INSERT INTO subnet (vpc_id, cidr_block) SELECT id, '10.99.0.0/24' FROM vpc WHERE is_default",
    )
  })
  await expect(lab.call('iasql_apply')).rejects.toMatchObject({ code: 'apply/changes-failed' })

  const sections = await review()

  expect(sections.sql).toContain('INSERT INTO subnet')
  expect(sections.sql).not.toContain("'good'")
  await lab.user.run("DELETE FROM subnet WHERE cidr_block = '10.99.0.0/24'")
})

test('no text of a user breaks out of its place in the document', async () => {
  const sections = await review('A\n# B', 'C')
  await lab.user.run(
    `INSERT INTO vpc (cidr_block, tags) VALUES ('10.77.0.0/16', '{"Name": "a|b \`\`\`\` <c>"}')`,
  )
  const withVpc = await review()

  expect(sections.summary).toMatch(/^# A # B\n\nC\n/)
  expect(withVpc.sql?.split('\n').filter((line) => line.startsWith('`'))).toEqual(['`````sql', '`````'])
  expect(withVpc.plan).toContain('a\\|b \\`\\`\\`\\` \\<c\\>')
  await lab.user.run("DELETE FROM vpc WHERE cidr_block = '10.77.0.0/16'")
})

test('errors of applies are listed, the newest first, and stand in the audit log', async () => {
  for (const cidr of ['10.88.0.0/24', '10.89.0.0/24']) {
    await lab.user.run(
      `INSERT INTO subnet (vpc_id, cidr_block) SELECT id, '${cidr}' FROM vpc WHERE is_default`,
    )
    await lab.call('iasql_apply', undefined, { actor: 'ann' }).catch(() => undefined)
    await lab.user.run(`DELETE FROM subnet WHERE cidr_block = '${cidr}'`)
  }

  const errors = await lab.user.query<{ ts: string; message: string }>('SELECT * FROM iasql_get_errors()')

  expect(errors[0]?.message).toContain('10.89.0.0/24')
  expect(errors[1]?.message).toContain('10.88.0.0/24')
  expect(Date.parse(errors[0]?.ts ?? '')).toBeGreaterThan(Date.parse(errors[1]?.ts ?? ''))
  const [logged] = await lab.user.query<object>(
    "SELECT actor, by_engine, table_name FROM iasql_audit_log WHERE change_type = 'ERROR' ORDER BY id DESC LIMIT 1",
  )
  expect(logged).toEqual({ actor: 'ann', by_engine: true, table_name: null })
})

test('help has every function that a tenant may call, with an example', async () => {
  const help = await lab.user.query<Record<string, string>>('SELECT * FROM iasql_help()')
  const callable = await lab.user.query<{ name: string; count: number }>(
    `SELECT p.proname::text AS name, count(*)::int AS count FROM pg_proc p
     WHERE p.pronamespace = '${lab.tenant.schema}'::regnamespace AND p.prorettype <> 'trigger'::regtype
       AND has_function_privilege(p.oid, 'EXECUTE') GROUP BY 1 ORDER BY 1`,
  )
  const ofTheRunner = [
    'iasql_await_companions',
    'iasql_begin_statement',
    'iasql_execute',
    'iasql_fetch',
    'iasql_managed_row',
    'iasql_open',
    'iasql_open_or_execute',
    'iasql_transaction_notices',
  ]

  const helped = Map.groupBy(help, ({ name = '' }) => name)
  const missing = callable.filter(({ name, count }) => helped.get(name)?.length !== count)
  expect(missing.map(({ name }) => name)).toEqual(ofTheRunner)
  expect(
    help.filter(
      ({ module, signature, description, sample_usage: usage }) =>
        !(module && signature && description && usage),
    ),
  ).toEqual([])
  expect(Object.keys(help[0] ?? {})).toEqual(['module', 'name', 'signature', 'description', 'sample_usage'])
})
