/** The regions that the account may use, with two flags of ours: which is the default, which are imported. */
import { DescribeRegionsCommand, EC2Client, type Region } from '@aws-sdk/client-ec2'
import { boolean, defineReader, defineTable, type RowOf, text } from '../kit/index.ts'

const columns = {
  region: text('Code of the region, such as eu-west-1.', { required: true }),
  is_default: boolean('Rows without a region go here; there is at most one.', {
    default: false,
    local: true,
  }),
  is_enabled: boolean('Resources of this region are read; enabling it imports them at the next sync.', {
    default: false,
    local: true,
  }),
}

export const awsRegions = defineTable({
  name: 'aws_regions',
  description: 'The AWS regions that the account may use; only the two flags can be changed.',
  place: 'tenant',
  naturalKey: ['region'],
  access: 'read',
  writable: ['is_default', 'is_enabled'],
  settleMs: 0,
  columns,
  mapper: defineReader<RowOf<typeof columns>, Region>()({
    client: EC2Client,
    operations: ['DescribeRegions'],
    idOf: (seen) => ({ region: seen.RegionName ?? '' }),
    list: (_, ec2) => ec2.pages(DescribeRegionsCommand, {}, (page) => page.Regions),
    async get(ids, ec2) {
      const { Regions = [] } = await ec2.send(DescribeRegionsCommand, {})
      return Regions.filter((seen) => ids.some(({ region }) => region === seen.RegionName))
    },
    toRow: (seen) => ({ region: seen.RegionName ?? '' }),
  }),
})
