/** Elastic IP addresses: public IPv4 addresses that stay the account's until they are released. */
import {
  type Address,
  AllocateAddressCommand,
  DescribeAddressesCommand,
  EC2Client,
  ReleaseAddressCommand,
} from '@aws-sdk/client-ec2'
import { byIds, byToken, type Kind, taggedAs } from '../kit/ec2/describe.ts'
import { untagBy, updateTags } from '../kit/ec2/update-tags.ts'
import { defineMapper, defineTable, done, type RowOf, tags, tagsFrom, text } from '../kit/index.ts'

const columns = {
  allocation_id: text('Id of the allocation, made by AWS.', { output: true }),
  public_ip: text('The address.', { output: true }),
  public_ipv4_pool: text('Pool it comes from (ipv4pool-ec2-…); null chooses that of Amazon.', {
    replaces: 'after',
  }),
  network_border_group: text('Location from which AWS advertises it; null chooses the region.', {
    replaces: 'after',
  }),
  customer_owned_ipv4_pool: text("Pool of an Outpost's own addresses (ipv4pool-coip-…).", {
    replaces: 'after',
  }),
  customer_owned_ip: text("The address in the Outpost's network.", { output: true }),
  tags: tags(),
}

type Row = RowOf<typeof columns>

/** The call has no pages; addresses of what was before VPCs have no allocation. */
const addresses: Kind<Address> = {
  pages: (filters = [], ec2) =>
    ec2.pages(
      DescribeAddressesCommand,
      { Filters: [...filters, { Name: 'domain', Values: ['vpc'] }] },
      (page) => page.Addresses,
    ),
  idFilter: 'allocation-id',
  idColumn: 'allocation_id',
}

const idOf = (address: Pick<Address, 'AllocationId'>) => ({ allocation_id: address.AllocationId ?? '' })

export const elasticIp = defineTable({
  name: 'elastic_ip',
  description: 'A public IPv4 address of the account; what is released rarely comes back.',
  naturalKey: ['tags'],
  uniqueKey: false,
  settleMs: 10_000,
  columns,
  mapper: defineMapper<Row, Address>()({
    client: EC2Client,
    operations: ['DescribeAddresses', 'AllocateAddress', 'CreateTags', 'DeleteTags', 'ReleaseAddress'],
    idOf,
    list: (_, ec2) => addresses.pages(undefined, ec2),
    get: (ids, ec2) => byIds(addresses, ids, ec2),
    findByToken: (token, ec2) => byToken(addresses, token, ec2),
    untag: untagBy('allocation_id'),
    async create(want, token, ec2) {
      const made = await ec2.send(AllocateAddressCommand, {
        Domain: 'vpc',
        PublicIpv4Pool: want.public_ipv4_pool ?? undefined,
        NetworkBorderGroup: want.network_border_group ?? undefined,
        CustomerOwnedIpv4Pool: want.customer_owned_ipv4_pool ?? undefined,
        TagSpecifications: taggedAs('elastic-ip', want.tags, token),
      })
      return done(idOf(made))
    },
    async update(seen, want, delta, _, ec2) {
      const id = idOf(seen)
      if (delta.tags) await updateTags(id.allocation_id, { seen: seen.Tags, want: want.tags }, ec2)
      return done(id)
    },
    async delete(seen, _, ec2) {
      await ec2.send(ReleaseAddressCommand, {
        AllocationId: seen.AllocationId,
        NetworkBorderGroup: seen.NetworkBorderGroup,
      })
      return done(idOf(seen))
    },
    toRow: (seen) => ({
      allocation_id: seen.AllocationId ?? null,
      public_ip: seen.PublicIp ?? null,
      public_ipv4_pool: seen.PublicIpv4Pool ?? null,
      network_border_group: seen.NetworkBorderGroup ?? null,
      customer_owned_ipv4_pool: seen.CustomerOwnedIpv4Pool ?? null,
      customer_owned_ip: seen.CustomerOwnedIp ?? null,
      tags: tagsFrom(seen.Tags),
    }),
  }),
})
