/** The SQL of documentation pages runs wherever it is pasted: rows are found by name, values are quoted. */
import { expect, test } from 'vitest'
import { awsElb } from '#modules/aws_elb/module.ts'
import { neededValue } from '#modules/kit/examples.ts'
import { stepsIn } from '#test/support/guide.ts'
import { sectionsOf } from '#test/support/module-page.ts'
import { exampleBlocks } from '../../tools/module-docs/example-blocks.ts'
import { idSql, valueSql } from '../../tools/module-docs/example-sql.ts'
import { modulePage } from '../../tools/module-docs/page.ts'

const ids = new Map([['first', "find_subnet('a')"]])

test('texts are quoted, documents are JSON', () => {
  expect(valueSql("it's", ids)).toBe("'it''s'")
  expect(valueSql({ team: "the shop's" }, ids, 'jsonb')).toBe(`'{"team": "the shop''s"}'`)
  expect(valueSql(['a', 'b'], ids, 'jsonb')).toBe(`'["a", "b"]'`)
})

test('an expression about another row has its id put in, and keeps its per cents', () => {
  const value = [{ share: '5%', subnet_id: neededValue('subnet', 'first', 'subnet_id') }]

  expect(valueSql(value, ids, 'jsonb')).toBe(
    `format('[{"share": "5%%", "subnet_id": "\${subnet(%s).subnet_id}"}]', find_subnet('a'))::jsonb`,
  )
})

test('a row is found by its natural key, defaults included, or by its Name tag', () => {
  expect(idSql('queue', { name: 'jobs' }, ids)).toBe("find_queue('jobs')")
  expect(idSql('subnet', { tags: { Name: 'a' } }, ids)).toBe("find_subnet('a')")
})

test('where AWS gives the name, a row is found by what its INSERT said', () => {
  expect(idSql('access_key', { user_name: 'ann' }, ids)).toBe(
    "(SELECT id FROM access_key WHERE user_name = 'ann')",
  )
})

test('rows known by a tag get a name that stays through an update of their tags', () => {
  const [create, update] = exampleBlocks({
    table: 'vpc',
    needs: {},
    base: { cidr_block: '10.0.0.0/16' },
    update: { tags: { team: 'search' } },
    replace: null,
  })

  expect(create?.sql).toContain('"Name": "example"')
  expect(update?.sql).toContain('"Name": "example", "team": "search"')
  expect(update?.sql).toContain("WHERE id = find_vpc('example')")
})

test('a block that is marked is shown and not run', () => {
  const guide = '```sql not-run\nSELECT 1;\n```\n\n```sql\nSELECT 2;\n```\n'

  expect(stepsIn(guide)).toEqual([{ kind: 'sql', text: 'SELECT 2;\n', shown: null }])
})

test('a section knows what each of its blocks claims', () => {
  const page =
    '# m\n\n## queue\n\n```sql\nDELETE FROM queue;\nSELECT * FROM iasql_apply(); -- delete queue\n```\n'

  expect(sectionsOf(page)).toEqual([
    {
      title: 'queue',
      table: 'queue',
      blocks: [{ sql: 'DELETE FROM queue;\n', applies: true, claim: { action: 'delete', of: 'queue' } }],
    },
  ])
})

test('lines show the row ids that their view has, of the resource and of what they name', () => {
  const page = modulePage(awsElb)

  const lines = page.slice(page.indexOf('\n## load_balancer_subnet\n'))
  expect(lines).toMatch(/\| `load_balancer_id` \| bigint \| [^|]+ \| required; id of \[load_balancer\]/)
  expect(lines).toMatch(/\| `subnet_id` \| bigint \| [^|]+ \| required; id of \[subnet\]/)
})
