/** Rows of which AWS takes only one: which of them is not left to chance, so statements made again give the same tables. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Row } from '#engine/model/json.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let original: TenantLab
let copy: TenantLab

beforeAll(async () => {
  ;[original, copy] = await Promise.all([openTenantLab(), openTenantLab()])
  for (const lab of [original, copy]) await lab.call('iasql_install', [['aws_vpc']])
})
afterAll(async () => {
  await Promise.all([original.close(), copy.close()])
})

const networks = ['10.1', '10.2', '10.3', '10.4']

/** Names of the subnets that AWS has, and of those that it has refused. */
async function subnetsOf(lab: TenantLab): Promise<readonly Row[]> {
  return await lab.user.query(
    `SELECT cidr_block, tags->>'Name' AS name, subnet_id IS NOT NULL AS is_made,
       private_dns_hostname_type_on_launch AS hostnames FROM subnet
     WHERE NOT default_for_az IS TRUE ORDER BY cidr_block, name`,
  )
}

test('of subnets of the same network the older is made, here and where the statements are run again', async () => {
  for (const network of networks) {
    await original.user.run(
      `INSERT INTO vpc (cidr_block, tags) VALUES ('${network}.0.0/16', '{"Name": "${network}"}')`,
    )
  }
  // Ids of which the younger sorts first as a text, and others than there.
  for (const [name, first] of [
    ['older', 95],
    ['younger', 100],
  ]) {
    await original.user.run(
      `INSERT INTO subnet (id, vpc_id, cidr_block, availability_zone, tags)
       SELECT ${first} + row_number() OVER (ORDER BY id), id, replace(cidr_block, '/16', '/24'), 'us-east-1a', '{"Name": "${name}"}'
       FROM vpc WHERE NOT is_default IS TRUE`,
    )
  }
  const statements = await original.call('iasql_get_sql_since', [null])

  for (const { sql } of statements) await copy.user.run(String(sql))
  for (const lab of [original, copy])
    await expect(lab.call('iasql_apply')).rejects.toThrow('4 of 12 changes failed. CreateSubnet: ')

  const expected = networks.flatMap((network) => [
    { cidr_block: `${network}.0.0/24`, name: 'older', is_made: true, hostnames: 'ip-name' },
    { cidr_block: `${network}.0.0/24`, name: 'younger', is_made: false, hostnames: null },
  ])
  expect(await subnetsOf(original)).toEqual(expected)
  expect(await subnetsOf(copy)).toEqual(expected)
})

test('the younger takes the place of the older once that is gone', async () => {
  await original.user.run(`DELETE FROM subnet WHERE tags->>'Name' = 'older'`)

  await original.call('iasql_apply')

  expect((await subnetsOf(original)).map(({ name, is_made: isMade }) => [name, isMade])).toEqual(
    networks.map(() => ['younger', true]),
  )
})
